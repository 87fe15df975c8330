using System.Net;
using System.Net.Sockets;
using Larder.Engines.Client;
using Larder.Model;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Engines.Tests.Client;

/// <summary>A connection that fails says how, and the next call starts afresh.</summary>
public sealed class AdminConnectionTests
{
    private static readonly EngineUser User = new("internal", new Secret("5ec7e7"));
    private static readonly string[][] Ping = [["PING"]];

    [Fact]
    public async Task Call_NobodyListens_IsUnreachable()
    {
        using var folder = new TemporaryFolder();
        await using var connection = new AdminConnection(new UnixDomainSocketEndPoint(folder.File("none")), User, "node 0", TimeProvider.System);

        var problem = await Assert.ThrowsAsync<EngineException>(() => connection.CallAsync(TimeSpan.FromSeconds(5), Ping, TestContext.Current.CancellationToken));

        Assert.Equal(EngineFailure.Unreachable, problem.Kind);
        Assert.Contains("node 0", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_EngineHangs_TimesOutAtTheDeadline()
    {
        using var server = new ScriptedEngine();
        var time = new FakeTimeProvider();
        await using var connection = new AdminConnection(server.EndPoint, User, "node 0", time);

        var call = connection.CallAsync(TimeSpan.FromSeconds(3), Ping, TestContext.Current.CancellationToken);
        using var peer = await server.AcceptAsync();
        time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));

        var problem = await Assert.ThrowsAsync<EngineException>(() => call);
        Assert.Equal(EngineFailure.TimedOut, problem.Kind);
        Assert.DoesNotContain(User.Password.Reveal(), problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-WRONGPASS invalid username-password pair\r\n", EngineFailure.Refused)]
    [InlineData("220 mail\r\n", EngineFailure.ProtocolViolation)]
    [InlineData("", EngineFailure.Disconnected)]
    public async Task Call_BadAnswer_IsToldApartAndTheNextCallWorks(string answer, object expected)
    {
        using var server = new ScriptedEngine();
        await using var connection = new AdminConnection(server.EndPoint, User, "node 0", TimeProvider.System);

        var call = connection.CallAsync(TimeSpan.FromSeconds(30), Ping, TestContext.Current.CancellationToken);
        using (var peer = await server.AcceptAsync())
        {
            await ScriptedEngine.ReadCommandAsync(peer);
            await peer.SendAsync(System.Text.Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
            peer.Shutdown(SocketShutdown.Both);
        }

        Assert.Equal((EngineFailure)expected, (await Assert.ThrowsAsync<EngineException>(() => call)).Kind);

        var again = connection.CallAsync(TimeSpan.FromSeconds(30), Ping, TestContext.Current.CancellationToken);
        using var second = await server.AcceptAsync();
        await ScriptedEngine.ReadCommandAsync(second);
        await second.SendAsync("+OK\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await ScriptedEngine.ReadCommandAsync(second);
        await second.SendAsync("+PONG\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("PONG", Assert.Single(await again).Text);
    }

    /// <summary>A listener that the test answers for.</summary>
    private sealed class ScriptedEngine : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public ScriptedEngine()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
        }

        public EndPoint EndPoint => _listener.LocalEndPoint!;

        public static async Task ReadCommandAsync(Socket peer)
        {
            var buffer = new byte[1024];
            Assert.True(await peer.ReceiveAsync(buffer, TestContext.Current.CancellationToken) > 0);
        }

        public async Task<Socket> AcceptAsync() => await _listener.AcceptAsync(TestContext.Current.CancellationToken);

        public void Dispose() => _listener.Dispose();
    }
}
