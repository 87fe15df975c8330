using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Larder.Chaos.Installations;

/// <summary>
/// Asks the daemon for what <c>larder show NAME --output json</c> prints as it is. A process for each look would take a sixth of a second of
/// a core that the clients need, and miss what lasts for less.
/// </summary>
internal sealed class ManagementSocket : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http;

    public ManagementSocket(string home)
    {
        var endpoint = new UnixDomainSocketEndPoint(Path.Combine(home, "run", "larder.sock"));
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(endpoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        })
        {
            BaseAddress = new Uri("http://larder/"),
            Timeout = Limit,
        };
    }

    /// <summary>An unclustered cache; <c>null</c> where no daemon answers.</summary>
    public Task<CacheView?> ShowAsync(string cache, CancellationToken cancellationToken) => GetAsync($"v1/caches/{cache}", CacheView.Parse, cancellationToken);

    /// <summary>A clustered cache; <c>null</c> where no daemon answers.</summary>
    public Task<ClusterView?> ShowClusterAsync(string cache, CancellationToken cancellationToken) => GetAsync($"v1/caches/{cache}", ClusterView.Parse, cancellationToken);

    /// <summary>The state of an operation, such as <c>Succeeded</c>, and what it says; <c>null</c> where no daemon answers.</summary>
    public Task<string?> OperationAsync(string id, CancellationToken cancellationToken) =>
        GetAsync($"v1/operations/{id}", operation => operation.GetRawText(), cancellationToken);

    /// <summary>Asks for something.</summary>
    /// <param name="path">What.</param>
    /// <param name="body">JSON.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The status, and the answer's text.</returns>
    public async Task<(HttpStatusCode Status, string Text)> PostAsync(string path, string body, CancellationToken cancellationToken)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(new Uri(path, UriKind.Relative), content, cancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    public void Dispose() => _http.Dispose();

    private async Task<T?> GetAsync<T>(string path, Func<JsonElement, T> parse, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return null;
            }

            response.EnsureSuccessStatusCode();
            using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            return parse(document.RootElement);
        }
        catch (Exception exception) when (
            exception is HttpRequestException { StatusCode: null } or IOException
            || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The daemon was killed, is about to listen, or is too busy: what is seen next tells.
            return null;
        }
    }
}
