using System.Net.Sockets;
using System.Text;
using Larder.Resp.Requests;

namespace Larder.Gateway.Tests.Harness;

/// <summary>
/// What answers at an engine's socket as an engine would, until it is asked for a key whose name says what is to go wrong: GET half, GET nonsense,
/// GET unasked. Other keys have the value "v", other commands the answer +OK.
/// </summary>
internal sealed class ScriptedEngine : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("larder-engine-").FullName;
    private readonly Socket _listening = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Task> _connections = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public ScriptedEngine()
    {
        _listening.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listening.Listen();
        _loop = AcceptAsync();
    }

    public string SocketPath => Path.Combine(_folder, "engine.sock");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _listening.Dispose();
        await Task.WhenAll(_connections);
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listening.AcceptAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var owned = client;
        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        var bytes = new byte[1 << 20];
        var (start, end) = (0, 0);
        try
        {
            while (await client.ReceiveAsync(bytes.AsMemory(end), _stop.Token) is > 0 and var count)
            {
                end += count;
                while (start < end && scanner.Scan(bytes.AsSpan(start, end - start)) == RespRequestStatus.Command)
                {
                    var words = Enumerable.Range(0, scanner.ArgumentCount)
                        .Select(index => Encoding.ASCII.GetString(bytes, start + scanner.Arguments[index].Offset, scanner.Arguments[index].Length)).ToArray();
                    start += scanner.Length;
                    scanner.Next();
                    var (answer, leaves) = Answer(words);
                    await client.SendAsync(Encoding.ASCII.GetBytes(answer), _stop.Token);
                    if (leaves)
                    {
                        return;
                    }
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // The gateway broke the connection off, or the test is over.
        }
    }

    private static (string Answer, bool Leaves) Answer(string[] words) => words switch
    {
        ["GET", "half"] => ("$1000\r\nhalf of it", true),
        ["GET", "nonsense"] => ("?what is this\r\n", false),
        ["GET", "unasked"] => ("$1\r\nv\r\n+OK\r\n", false),
        ["GET", ..] => ("$1\r\nv\r\n", false),
        ["COMMAND", ..] => ("*0\r\n", false),
        _ => ("+OK\r\n", false),
    };
}
