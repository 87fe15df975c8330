using System.Diagnostics;
using Larder.Engines.Clusters;
using Larder.Model.Status;

namespace Larder.Engines.Tests.Live;

/// <summary>Follow, promote, come back: the same for every family, as the agent does it.</summary>
[Trait("Category", "Integration")]
public sealed class ReplicationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Engines => LiveEngines.All;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_pair_from_cold_is_in_sync_within_seconds(string engine)
    {
        var installation = await LiveEngines.GetAsync(engine);
        await using var primary = new LiveNode(installation, _folder.Path, 0);
        await using var replica = new LiveNode(installation, _folder.Path, 1);
        var watch = Stopwatch.StartNew();

        await Task.WhenAll(primary.StartAsync(), replica.StartAsync());
        var started = watch.Elapsed;
        await primary.Node.PromoteAsync(ClusterClaim.Nothing, Token);
        await replica.Node.FollowAsync(primary.Address, Token);
        var probe = await InSyncAsync(replica);
        var synced = watch.Elapsed;

        Report($"{engine}: both answer after {started.TotalMilliseconds:0} ms, in sync after {synced.TotalMilliseconds:0} ms, "
            + $"resident {ResidentMegabytes(primary)} and {ResidentMegabytes(replica)} MB");
        Assert.True(synced < TimeSpan.FromSeconds(10), $"{synced}");
        Assert.Equal(primary.Address, probe.Following);
        Assert.Equal(replica.ProcessId, probe.ProcessId);
        var seen = await primary.Node.ProbeAsync(TimeSpan.FromSeconds(2), Token);
        Assert.Equal((NodeRole.Primary, primary.ProcessId), (seen.Role, seen.ProcessId));
        Assert.Equal(seen.ReplicationId, probe.ReplicationId);
        Assert.True(seen.CpuTime > TimeSpan.Zero);
        Assert.True(seen.UsedMemoryBytes > 0);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_killed_primary_is_replaced_and_comes_back_as_a_replica(string engine)
    {
        await using var pair = await PairAsync(engine);
        for (var key = 0; key < 200; key++)
        {
            Assert.Equal("OK", await pair.First.AsGatewayAsync("SET", $"key:{key}", $"value {key}"));
        }

        await CaughtUpAsync(pair.First, pair.Second);
        await pair.First.KillAsync();
        await pair.Second.Node.PromoteAsync(ClusterClaim.Nothing, Token);

        var promoted = await pair.Second.Node.ProbeAsync(TimeSpan.FromSeconds(2), Token);
        Assert.Equal((NodeRole.Primary, 200L), (promoted.Role, promoted.Keys));
        Assert.Equal("value 199", await pair.Second.AsGatewayAsync("GET", "key:199"));
        Assert.Equal("OK", await pair.Second.AsGatewayAsync("SET", "after", "failover"));

        await pair.First.StartAsync();
        await pair.First.Node.FollowAsync(pair.Second.Address, Token);
        await InSyncAsync(pair.First);
        await CaughtUpAsync(pair.Second, pair.First);
        Assert.Equal(201, (await pair.First.Node.ProbeAsync(TimeSpan.FromSeconds(2), Token)).Keys);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Roles_can_be_swapped_there_and_back_without_losing_a_key(string engine)
    {
        await using var pair = await PairAsync(engine);
        var (primary, replica) = (pair.First, pair.Second);
        for (var swap = 0; swap < 4; swap++)
        {
            Assert.Equal("OK", await primary.AsGatewayAsync("SET", $"swap:{swap}", "x"));
            await CaughtUpAsync(primary, replica);
            await replica.Node.PromoteAsync(ClusterClaim.Nothing, Token);
            await primary.Node.FollowAsync(replica.Address, Token);
            await InSyncAsync(primary);
            (primary, replica) = (replica, primary);
            Assert.Equal(swap + 1, (await primary.Node.ProbeAsync(TimeSpan.FromSeconds(2), Token)).Keys);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_primary_that_was_restarted_at_its_address_is_followed_again(string engine)
    {
        await using var pair = await PairAsync(engine);
        await pair.First.KillAsync();
        await pair.First.StartAsync();
        await pair.First.Node.PromoteAsync(ClusterClaim.Nothing, Token);
        Assert.Equal("OK", await pair.First.AsGatewayAsync("SET", "new", "life"));

        await pair.Second.Node.FollowAsync(pair.First.Address, Token);
        await InSyncAsync(pair.Second);
        await CaughtUpAsync(pair.First, pair.Second);

        Assert.Equal(1, (await pair.Second.Node.ProbeAsync(TimeSpan.FromSeconds(2), Token)).Keys);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_node_that_lost_everything_can_be_promoted_over_a_living_one(string engine)
    {
        await using var pair = await PairAsync(engine);
        await pair.Second.KillAsync();
        await pair.Second.StartAsync();

        await pair.Second.Node.PromoteAsync(ClusterClaim.Nothing, Token);
        Assert.Equal("OK", await pair.Second.AsGatewayAsync("SET", "mine", "1"));
        await pair.First.Node.FollowAsync(pair.Second.Address, Token);
        await InSyncAsync(pair.First);
        await CaughtUpAsync(pair.Second, pair.First);

        Assert.Equal("OK", await pair.Second.AsGatewayAsync("SET", "still", "mine"));
        Assert.StartsWith("-READONLY", await pair.First.AsGatewayAsync("SET", "a", "replica"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_replica_reads_and_does_not_write(string engine)
    {
        await using var pair = await PairAsync(engine);
        await pair.First.AsGatewayAsync("MSET", "a", "1", "b", "2");
        await CaughtUpAsync(pair.First, pair.Second);
        await using var client = pair.Second.As(pair.Second.Configuration.GatewayUser);

        var replies = await client.CallAsync(
            TimeSpan.FromSeconds(5),
            [["MGET", "a", "b"], ["MSET", "a", "3", "b", "4"], ["DEL", "a"], ["MULTI"], ["SET", "a", "5"], ["EXEC"], ["GET", "a"]],
            Token);

        Assert.Equal("1 2", LiveNode.Show(replies[0]));
        Assert.All([replies[1], replies[2]], reply => Assert.True(reply.IsErrorWith("READONLY"), reply.Text));
        Assert.True(replies[4].IsError || replies[5].IsError);
        Assert.Equal("1", LiveNode.Show(replies[6]));
        Assert.StartsWith("-", await pair.Second.AsGatewayAsync("EVAL", "return redis.call('SET', KEYS[1], '6')", "1", "a"), StringComparison.Ordinal);
        Assert.Equal("1", await pair.First.AsGatewayAsync("GET", "a"));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Following_and_promoting_twice_does_nothing_more(string engine)
    {
        await using var pair = await PairAsync(engine);
        await pair.First.AsGatewayAsync("SET", "a", "1");

        await pair.First.Node.PromoteAsync(ClusterClaim.Nothing, Token);
        await pair.Second.Node.FollowAsync(pair.First.Address, Token);
        await InSyncAsync(pair.Second);
        await CaughtUpAsync(pair.First, pair.Second);

        Assert.Equal("1", await pair.First.AsGatewayAsync("GET", "a"));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_third_node_follows_the_promoted_one(string engine)
    {
        await using var pair = await PairAsync(engine);
        await using var third = new LiveNode(pair.First.Installation, _folder.Path, 2);
        await third.StartAsync();
        await third.Node.FollowAsync(pair.First.Address, Token);
        await InSyncAsync(third);
        Assert.Equal("OK", await pair.First.AsGatewayAsync("SET", "a", "1"));
        await CaughtUpAsync(pair.First, pair.Second);
        await CaughtUpAsync(pair.First, third);

        await pair.First.KillAsync();
        await pair.Second.Node.PromoteAsync(ClusterClaim.Nothing, Token);
        await third.Node.FollowAsync(pair.Second.Address, Token);
        await InSyncAsync(third);
        Assert.Equal("OK", await pair.Second.AsGatewayAsync("SET", "b", "2"));
        await CaughtUpAsync(pair.Second, third);

        Assert.Equal(2, (await third.Node.ProbeAsync(TimeSpan.FromSeconds(2), Token)).Keys);
    }

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static void Report(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);

    private static long ResidentMegabytes(LiveNode node)
    {
        using var process = Process.GetProcessById(node.ProcessId);
        return process.WorkingSet64 >> 20;
    }

    private static Task<NodeProbe> InSyncAsync(LiveNode replica) =>
        replica.UntilAsync(probe => probe is { Role: NodeRole.Replica, LinkUp: true, FullSyncInProgress: false }, "came in sync");

    private static async Task CaughtUpAsync(LiveNode primary, LiveNode replica)
    {
        var offset = (await primary.Node.ProbeAsync(TimeSpan.FromSeconds(2), Token)).ReplicationOffset;
        await replica.UntilAsync(probe => probe.ReplicationOffset >= offset, $"reached offset {offset}");
    }

    private async Task<Pair> PairAsync(string engine)
    {
        var installation = await LiveEngines.GetAsync(engine);
        var pair = new Pair(new LiveNode(installation, _folder.Path, 0), new LiveNode(installation, _folder.Path, 1));
        try
        {
            await Task.WhenAll(pair.First.StartAsync(), pair.Second.StartAsync());
            await pair.First.Node.PromoteAsync(ClusterClaim.Nothing, Token);
            await pair.Second.Node.FollowAsync(pair.First.Address, Token);
            await InSyncAsync(pair.Second);
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    private sealed record Pair(LiveNode First, LiveNode Second) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await First.DisposeAsync();
            await Second.DisposeAsync();
        }
    }
}
