using System.Net.Sockets;
using System.Text.Json;

namespace Larder.EndToEnd.Tests.Harness;

/// <summary>
/// Asks a home's daemon over its socket, as the program does, without starting the program: what tests look at again and again costs them no process.
/// </summary>
internal sealed class DaemonApi : IDisposable
{
    private readonly HttpClient _http;

    public DaemonApi(string home) => _http = new HttpClient(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(home, "run", "larder.sock")), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException)
            {
                socket.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://larder/v1/"),
        Timeout = TimeSpan.FromSeconds(60),
    };

    public Task<JsonElement> ShowAsync(string cache) => SendAsync(HttpMethod.Get, $"caches/{cache}");

    public Task<JsonElement> KeysAsync(string cache) => SendAsync(HttpMethod.Post, $"caches/{cache}/list-keys");

    /// <summary>What happened to a cache, oldest first; <c>null</c> while nobody answers.</summary>
    public async Task<JsonElement[]?> TryEventsAsync(string cache)
    {
        try
        {
            return [.. (await SendAsync(HttpMethod.Get, $"caches/{cache}/events")).EnumerateArray()];
        }
        catch (HttpRequestException exception) when (exception.StatusCode is null)
        {
            return null;
        }
    }

    public async Task<bool> IsServingAsync()
    {
        try
        {
            await SendAsync(HttpMethod.Get, "installation");
            return true;
        }
        catch (HttpRequestException exception) when (exception.StatusCode is null)
        {
            return false;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> SendAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{method} {path}: {text}", null, answer.StatusCode);
        }

        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
