using System.Net;
using System.Net.Sockets;
using System.Text;
using Larder.Model;
using Larder.Model.Specs;

namespace Larder.Engines.Tests.Live;

/// <summary>Who gets into a node, and what the gateway's user may not do there, in scripts neither.</summary>
[Trait("Category", "Integration")]
public sealed class DoorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Engines => LiveEngines.All;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Nobody_gets_in_without_a_user(string engine)
    {
        await using var node = await StartAsync(engine);

        foreach (EndPoint door in new EndPoint[] { new IPEndPoint(IPAddress.Loopback, node.Configuration.ReplicationPort), new UnixDomainSocketEndPoint(node.Configuration.SocketPath) })
        {
            using var socket = new Socket(door.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(door, Token);
            await socket.SendAsync("PING\r\n"u8.ToArray(), Token);
            var buffer = new byte[256];
            var received = await socket.ReceiveAsync(buffer, Token);
            Assert.StartsWith("-NOAUTH", Encoding.ASCII.GetString(buffer, 0, received), StringComparison.Ordinal);
        }

        foreach (var (name, password) in new[] { ("default", "x"), (node.Configuration.GatewayUser.Name, "x"), ("default", node.Configuration.GatewayUser.Password.Reveal()) })
        {
            await using var stranger = node.As(new EngineUser(name, new Secret(password)));
            var problem = await Assert.ThrowsAsync<EngineException>(() => stranger.CallAsync(TimeSpan.FromSeconds(5), [["PING"]], Token));
            Assert.Equal(EngineFailure.Refused, problem.Kind);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_gateway_may_not_use_the_blocked_commands_nor_may_its_scripts(string engine)
    {
        await using var node = await StartAsync(engine);
        await node.Node.PromoteAsync(Token);
        string[][] blocked =
        [
            ["ACL", "LIST"], ["BGREWRITEAOF"], ["BGSAVE"], ["CLUSTER", "RESET"], ["CLUSTER", "FORGET", "x"], ["CONFIG", "GET", "maxmemory"],
            ["DEBUG", "SLEEP", "0"], ["FAILOVER"], ["MIGRATE", "127.0.0.1", "1", "k", "0", "1"], ["MODULE", "LIST"], ["PSYNC", "?", "-1"],
            ["REPLICAOF", "NO", "ONE"], ["REPLCONF", "ACK", "0"], ["SAVE"], ["SHUTDOWN", "NOSAVE"], ["SLAVEOF", "NO", "ONE"], ["SYNC"],
        ];
        foreach (var command in blocked)
        {
            Assert.StartsWith("-", await node.AsGatewayAsync(command), StringComparison.Ordinal);
        }

        Assert.StartsWith("-", await node.AsGatewayAsync("EVAL", "return redis.call('CONFIG', 'GET', 'maxmemory')", "0"), StringComparison.Ordinal);
        Assert.StartsWith("-", await node.AsGatewayAsync("EVAL", "return redis.call('REPLICAOF', 'NO', 'ONE')", "0"), StringComparison.Ordinal);
        Assert.Equal("OK", await node.AsGatewayAsync("SET", "a", "1"));
        Assert.Equal("1", await node.AsGatewayAsync("EVAL", "return redis.call('GET', KEYS[1])", "1", "a"));
        Assert.StartsWith("id=", await node.AsGatewayAsync("CLIENT", "LIST"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis 7.0")]
    [InlineData("redis 8.0")]
    [InlineData("valkey 8.1")]
    public async Task The_gateway_may_not_pause_clients_but_may_read_the_topology(string engine)
    {
        await using var node = await StartAsync(engine);

        Assert.StartsWith("-NOPERM", await node.AsGatewayAsync("CLIENT", "PAUSE", "1000"), StringComparison.Ordinal);
        Assert.StartsWith("-ERR This instance has cluster support disabled", await node.AsGatewayAsync("CLUSTER", "INFO"), StringComparison.Ordinal);
        Assert.StartsWith("-NOPERM", await node.AsGatewayAsync("CLUSTER", "MEET", "127.0.0.1", "1"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis 8.0")]
    [InlineData("valkey 8.1")]
    public async Task The_gateway_may_not_give_what_ends_the_engine_when_a_waiting_client_is_freed(string engine)
    {
        await using var node = await StartAsync(engine);
        await node.Node.PromoteAsync(Token);
        await using var waiting = node.As(node.Configuration.GatewayUser);
        await using var freeing = node.As(node.Configuration.GatewayUser);

        var popped = waiting.CallAsync(TimeSpan.FromSeconds(20), [["BLPOP", "list", "0"]], Token);
        var replies = await freeing.CallAsync(
            TimeSpan.FromSeconds(20),
            [["CLIENT", "NO-TOUCH", "ON"], ["MULTI"], ["CLIENT", "NO-TOUCH", "ON"], ["DISCARD"], ["RPUSH", "list", "job"], ["PING"]],
            Token);

        Assert.Equal(["-NOPERM", "OK", "-NOPERM", "OK", "1", "PONG"], replies.Select(reply => LiveNode.Show(reply).Split(' ')[0]));
        Assert.Equal("list job", LiveNode.Show((await popped)[0]));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Commands_take_keys_of_different_slots(string engine)
    {
        await using var node = await StartAsync(engine);
        await node.Node.PromoteAsync(Token);
        await using var client = node.As(node.Configuration.GatewayUser);

        var replies = await client.CallAsync(
            TimeSpan.FromSeconds(5),
            [
                ["MSET", "a", "1", "b", "2", "c", "3"],
                ["MGET", "a", "b", "c"],
                ["MULTI"],
                ["INCR", "a"],
                ["INCR", "b"],
                ["EXEC"],
                ["EVAL", "redis.call('SET', KEYS[1], '5'); return redis.call('GET', KEYS[2])", "2", "d", "c"],
                ["DEL", "a", "b", "c", "d"],
                ["LPUSH", "list", "x"],
                ["BLPOP", "empty", "list", "1"],
            ],
            Token);

        Assert.Equal(["OK", "1 2 3", "OK", "QUEUED", "QUEUED", "2 3", "3", "4", "1", "list x"], replies.Select(LiveNode.Show));
    }

    [Fact]
    public async Task Garnet_lacks_what_its_limitations_say()
    {
        await using var node = await StartAsync("garnet 2.2");
        await node.Node.PromoteAsync(Token);

        Assert.StartsWith("-", await node.AsGatewayAsync("XADD", "s", "*", "f", "v"), StringComparison.Ordinal);
        Assert.StartsWith("-", await node.AsGatewayAsync("FUNCTION", "LIST"), StringComparison.Ordinal);
        Assert.StartsWith("-", await node.AsGatewayAsync("SELECT", "1"), StringComparison.Ordinal);
        Assert.StartsWith("-", await node.AsGatewayAsync("WAIT", "1", "10"), StringComparison.Ordinal);
        Assert.StartsWith("-", await node.AsInternalAsync("CONFIG", "SET", "notify-keyspace-events", "KEA"), StringComparison.Ordinal);
        Assert.Equal(1, node.Driver.Describe(node.Installation).Databases);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Files_and_socket_are_for_their_owner_alone(string engine)
    {
        await using var node = await StartAsync(engine);
        const UnixFileMode ofOthers = (UnixFileMode)0b000_111_111;

        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(node.Configuration.SocketPath) & ofOthers);
        var commandLine = await File.ReadAllTextAsync($"/proc/{node.ProcessId}/cmdline", Token);
        Assert.Contains(node.Configuration.ConfigurationFolder, commandLine, StringComparison.Ordinal);
        Assert.DoesNotContain(node.Configuration.InternalUser.Password.Reveal(), commandLine + node.Output, StringComparison.Ordinal);
        Assert.Equal(EngineFamily.Garnet == node.Installation.Family, commandLine.Contains("larder-garnet", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<LiveNode> StartAsync(string engine)
    {
        var node = new LiveNode(await LiveEngines.GetAsync(engine), _folder.Path, 0);
        try
        {
            await node.StartAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }
}
