using System.Net;
using System.Net.Sockets;
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

    /// <summary>A cache; <c>null</c> where no daemon answers.</summary>
    public async Task<CacheView?> ShowAsync(string cache, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri($"v1/caches/{cache}", UriKind.Relative), cancellationToken);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                return null;
            }

            response.EnsureSuccessStatusCode();
            using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            return CacheView.Parse(document.RootElement);
        }
        catch (Exception exception) when (
            exception is HttpRequestException { StatusCode: null } or IOException
            || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The daemon was killed, is about to listen, or is too busy: what is seen next tells.
            return null;
        }
    }

    public void Dispose() => _http.Dispose();
}
