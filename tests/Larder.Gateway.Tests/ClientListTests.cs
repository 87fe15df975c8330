using Larder.Gateway.Tests.Harness;
using Larder.Model.Routing;

namespace Larder.Gateway.Tests;

/// <summary><c>CLIENT LIST</c>, <c>CLIENT INFO</c>, <c>CLIENT KILL</c> and <c>INFO</c> tell of the cache's clients, not of the gateway's connections.</summary>
public sealed class ClientListTests : IAsyncLifetime
{
    private RedisProcess _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisProcess.StartAsync(
        "user default on nopass ~* &* +@all\nuser limited on >inside ~* &* +@all -client +client|list +client|id\n");

    public async ValueTask DisposeAsync() => await _redis.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_client_is_listed_with_its_own_address_name_and_state(bool shares)
    {
        await using var door = await OpenAsync(shares);
        await using var asker = await door.EnterAsync();
        await using var named = await door.EnterAsync();
        Assert.Equal("+OK", await named.AskAsync("CLIENT", "SETNAME", "worker"));

        // Until the engine has told its commands, none has a name.
        await Door.EventuallyAsync(
            async () => await named.AskAsync("SET", "a", "1") == "+OK" && (await LinesAsync(asker)).Single(line => line["name"] == "worker")["cmd"] == "set",
            "the engine's commands are known");
        await using var subscriber = await door.EnterAsync();
        await subscriber.AskAsync("SUBSCRIBE", "news", "more");
        await using var transaction = await door.EnterAsync();
        await transaction.AskAsync("SELECT", "3");
        await transaction.AskAsync("MULTI");
        await transaction.AskAsync("GET", "a");
        await using var blocked = await door.EnterAsync();
        await blocked.SendAsync("BLPOP", "nothing", "0");
        await Door.EventuallyAsync(async () => (await LinesAsync(asker)).Any(line => line["flags"] == "b"), "one waits");

        await Door.EventuallyAsync(async () => (await LinesAsync(asker)).Single(line => line["addr"] == subscriber.Local)["sub"] == "2", "it is subscribed");
        var lines = await LinesAsync(asker);
        Assert.Equal(5, lines.Count);
        Assert.Equal([.. new[] { asker, named, subscriber, transaction, blocked }.Select(wire => wire.Local).Order()], lines.Select(line => line["addr"]).Order());
        Assert.All(lines, line => Assert.Equal($"127.0.0.1:{door.Port}", line["laddr"]));
        Assert.Equal(5, lines.Select(line => line["id"]).Distinct().Count());
        var worker = lines.Single(line => line["name"] == "worker");
        Assert.Equal((named.Local, "N", "0", "set", "default"), (worker["addr"], worker["flags"], worker["db"], worker["cmd"], worker["user"]));
        var multi = lines.Single(line => line["addr"] == transaction.Local);
        Assert.Equal(("x", "3", "1"), (multi["flags"], multi["db"], multi["multi"]));
        var pubsub = lines.Single(line => line["addr"] == subscriber.Local);
        Assert.Equal(("P", "2", "-1"), (pubsub["flags"], pubsub["sub"], pubsub["multi"]));
        Assert.Equal("client|list", lines.Single(line => line["addr"] == asker.Local)["cmd"]);
        Assert.Equal([subscriber.Local], (await LinesAsync(asker, "TYPE", "pubsub")).Select(line => line["addr"]));
        Assert.Equal([named.Local], (await LinesAsync(asker, "ID", worker["id"])).Select(line => line["addr"]));
        Assert.Empty(await LinesAsync(asker, "TYPE", "replica"));
        Assert.Equal(asker.Local, Line(await asker.AskAsync("CLIENT", "INFO"))["addr"]);
    }

    [Theory]
    [InlineData("CLIENT", "LIST", "TYPE", "nonsense")]
    [InlineData("CLIENT", "LIST", "ID", "x")]
    [InlineData("CLIENT", "LIST", "WRONG")]
    [InlineData("CLIENT", "KILL", "127.0.0.1:1")]
    [InlineData("CLIENT", "KILL")]
    [InlineData("CLIENT", "KILL", "ID", "x")]
    [InlineData("CLIENT", "KILL", "ID", "-1")]
    [InlineData("CLIENT", "KILL", "TYPE", "nonsense")]
    [InlineData("CLIENT", "KILL", "USER", "nobody")]
    [InlineData("CLIENT", "KILL", "SKIPME", "perhaps")]
    [InlineData("CLIENT", "KILL", "ID", "1", "more")]
    public async Task What_is_wrong_is_told_in_the_engines_words(params string[] command)
    {
        await using var door = await OpenAsync(shares: true);
        await using var wire = await door.EnterAsync();
        Assert.Equal(await _redis.AskAsync(command), await wire.AskAsync(command));
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_is_killed_by_its_own_address_or_id_and_nobody_else_is(bool shares)
    {
        await using var door = await OpenAsync(shares);
        await using var asker = await door.EnterAsync();
        await using var one = await door.EnterAsync();
        await using var two = await door.EnterAsync();
        await using var three = await door.EnterAsync();
        foreach (var wire in new[] { one, two, three })
        {
            Assert.Equal("+PONG", await wire.AskAsync("PING"));
        }

        Assert.Equal("+OK", await asker.AskAsync("CLIENT", "KILL", one.Local));
        Assert.Equal("(closed)", await one.ReadAsync());
        var id = (await LinesAsync(asker)).Single(line => line["addr"] == two.Local)["id"];
        Assert.Equal(":1", await asker.AskAsync("CLIENT", "KILL", "ID", id));
        Assert.Equal("(closed)", await two.ReadAsync());
        Assert.Equal(":0", await asker.AskAsync("CLIENT", "KILL", "ID", id));
        Assert.Equal("+PONG", await three.AskAsync("PING"));
        Assert.Equal(":0", await asker.AskAsync("CLIENT", "KILL", "ADDR", asker.Local));
        Assert.Equal(":1", await asker.AskAsync("CLIENT", "KILL", "TYPE", "normal"));
        Assert.Equal("(closed)", await three.ReadAsync());
        Assert.Equal(":1", await asker.AskAsync("CLIENT", "KILL", "ADDR", asker.Local, "SKIPME", "no"));
        Assert.Equal("(closed)", await asker.ReadAsync());
    }

    [Fact]
    public async Task The_id_that_a_client_is_told_is_the_one_that_others_know_it_by()
    {
        await using var door = await OpenAsync(shares: true);
        await using var asker = await door.EnterAsync();
        await using var waiting = await door.EnterAsync();
        var id = (await waiting.AskAsync("CLIENT", "ID"))[1..];
        await waiting.SendAsync("BLPOP", "nothing", "0");
        await Door.EventuallyAsync(async () => (await LinesAsync(asker, "ID", id)).Any(line => line["flags"] == "b" && line["addr"] == waiting.Local), "it waits");
        Assert.Equal(":1", await asker.AskAsync("CLIENT", "UNBLOCK", id));
        Assert.Equal("(nil)", await waiting.ReadAsync());
        Assert.Equal(":1", await asker.AskAsync("CLIENT", "KILL", "ID", id));
        Assert.Equal("(closed)", await waiting.ReadAsync());
    }

    [Fact]
    public async Task Whoever_may_not_ask_is_told_so_by_the_engine_and_kills_nobody()
    {
        await using var door = await OpenAsync(shares: true);
        await using var other = await door.EnterAsync();
        await using var limited = await door.ConnectAsync();
        Assert.Equal("+OK", await limited.AskAsync("AUTH", "limited", "limited-key"));
        Assert.StartsWith("-NOPERM", await limited.AskAsync("CLIENT", "KILL", "TYPE", "normal"), StringComparison.Ordinal);
        Assert.StartsWith("-NOPERM", await limited.AskAsync("CLIENT", "KILL", other.Local), StringComparison.Ordinal);
        Assert.StartsWith("-NOPERM", await limited.AskAsync("CLIENT", "INFO"), StringComparison.Ordinal);
        Assert.Equal(2, (await LinesAsync(limited)).Count);
        Assert.Contains(await LinesAsync(limited), line => line["user"] == "limited");
        Assert.Equal("+PONG", await other.AskAsync("PING"));
    }

    [Fact]
    public async Task A_kill_in_a_transaction_is_refused_and_reaches_no_connection_of_the_gateway()
    {
        await using var door = await OpenAsync(shares: true);
        await using var wire = await door.EnterAsync();
        Assert.Equal("+OK", await wire.AskAsync("MULTI"));
        Assert.Equal("-ERR CLIENT KILL is not served inside a transaction", await wire.AskAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"));
        Assert.StartsWith("-EXECABORT", await wire.AskAsync("EXEC"), StringComparison.Ordinal);
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(true, 3)]
    [InlineData(false, 2)]
    [InlineData(false, 3)]
    public async Task Info_counts_the_caches_clients(bool shares, int protocol)
    {
        await using var door = await OpenAsync(shares);
        await using var wire = await door.ConnectAsync();
        await wire.AskAsync("HELLO", $"{protocol}", "AUTH", "default", Door.Key);
        await using var other = await door.EnterAsync();
        foreach (var command in new[] { new[] { "INFO", "clients" }, ["INFO"], ["info", "CLIENTS", "server"] })
        {
            var info = await wire.AskAsync(command);
            Assert.Contains("connected_clients:2\r\n", info, StringComparison.Ordinal);
            Assert.Contains($"maxclients:{door.Route("dev").MaxClients}\r\n", info, StringComparison.Ordinal);
        }

        var server = await wire.AskAsync("INFO", "server");
        Assert.Contains("redis_version:", server, StringComparison.Ordinal);
        Assert.DoesNotContain("connected_clients", server, StringComparison.Ordinal);
        Assert.Equal("+PONG", await wire.AskAsync("PING"));
    }

    [Fact]
    public async Task Two_that_ask_of_each_other_do_not_wait_for_each_other()
    {
        await using var door = await OpenAsync(shares: false);
        var wires = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => door.EnterAsync()));
        await Task.WhenAll(wires.Select(async wire =>
        {
            for (var count = 0; count < 100; count++)
            {
                Assert.Equal(4, (await LinesAsync(wire)).Count);
            }
        }));
        await Task.WhenAll(wires.Select(wire => wire.DisposeAsync().AsTask()));
    }

    private static async Task<List<Dictionary<string, string>>> LinesAsync(Wire wire, params string[] options)
    {
        var text = await wire.AskAsync(["CLIENT", "LIST", .. options]);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Line)];
    }

    private static Dictionary<string, string> Line(string line) => line.Trim().Split(' ').Select(field => field.Split('=', 2)).ToDictionary(field => field[0], field => field[1]);

    private async Task<Door> OpenAsync(bool shares) => await Door.OpenAsync(
        _redis, new GatewayOptions { SharesConnections = shares },
        change: route => route with { Users = [new AccessUser("limited", [Door.Digest("limited-1", "limited-key")])] });
}
