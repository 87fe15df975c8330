using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Larder.Model;
using Larder.Model.Routing;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>A plain connection to a primary's engine, as the gateway has them, or to any node as Larder itself has them.</summary>
internal sealed class EngineSession : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader _replies;

    private EngineSession(string path)
    {
        _socket.Connect(new UnixDomainSocketEndPoint(path));
        _replies = new StreamReader(new NetworkStream(_socket), Encoding.ASCII);
    }

    public static Task<EngineSession> OpenAsync(PrimaryRoute route) => OpenAsync(route.SocketPath, route.User, route.Password);

    public static async Task<EngineSession> OpenAsync(string socket, string user, Secret password)
    {
        var session = new EngineSession(socket);
        Assert.Equal("+OK", await session.CallAsync($"AUTH {user} {password.Reveal()}"));
        return session;
    }

    /// <summary>The reply's line; of a text, the text.</summary>
    public async Task<string> CallAsync(string command)
    {
        await _socket.SendAsync(Encoding.ASCII.GetBytes(command + "\r\n"), TestContext.Current.CancellationToken);
        var line = await _replies.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new EndOfStreamException();
        if (line is not ['$', not '-', ..])
        {
            return line;
        }

        var text = new char[int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture) + 2];
        return await _replies.ReadBlockAsync(text, TestContext.Current.CancellationToken) == text.Length ? new string(text, 0, text.Length - 2) : throw new EndOfStreamException();
    }

    public void Dispose()
    {
        _replies.Dispose();
        _socket.Dispose();
    }
}
