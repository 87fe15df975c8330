using Larder.Model.Status;

namespace Larder.Host.Tests.Cli;

/// <summary><c>larder failover</c> and <c>larder drill</c>: what is asked before, and what is refused.</summary>
public sealed class FailoverVerbTests : IAsyncLifetime
{
    private readonly TemporaryHome _home = new();
    private FakeDaemon _daemon = null!;

    public async ValueTask InitializeAsync()
    {
        _daemon = await FakeDaemon.StartAsync(_home.Home);
        _daemon.Caches["orders"] = Samples.Cache();
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task Force_needs_the_name_or_yes()
    {
        var silent = await RunAsync("failover orders --force");
        Assert.Equal(2, silent.ExitCode);
        Assert.Contains("larder failover orders --force --yes", silent.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("failover orders --force", "yes\n")).ExitCode);
        Assert.Empty(_daemon.Requests);
        var typed = await RunAsync("failover orders --force", "orders\n");
        Assert.Equal(0, typed.ExitCode);
        Assert.Contains("what it has not replicated is lost", typed.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("failover orders --force --yes")).ExitCode);
        Assert.Equal(2, _daemon.Requests.Count(request => request == """POST /v1/caches/orders/failover {"shard":null,"force":true}"""));
    }

    [Fact]
    public async Task Force_without_a_primary_says_what_is_waited_for_and_what_is_given_up()
    {
        var cache = Samples.Cache(state: CacheState.Degraded, message: "waiting for node 0 to come back, which has the newest data");
        _daemon.Caches["orders"] = cache with { Shards = [cache.Shards[0] with { Nodes = [.. cache.Shards[0].Nodes.Select(node => node with { State = NodeState.Syncing })] }] };
        var run = await RunAsync("failover orders --force", "no\n");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("has no primary (waiting for node 0 to come back, which has the newest data)", run.Error, StringComparison.Ordinal);
        Assert.Contains("set aside should they come back", run.Error, StringComparison.Ordinal);
        Assert.Empty(_daemon.Requests);
    }

    [Theory]
    [InlineData("drill nobody", "There is no cache named 'nobody'")]
    [InlineData("drill", "Required argument missing")]
    [InlineData("drill orders --fault crash", "--fault is 'crash'; it must be kill, hang or handover.")]
    [InlineData("drill orders --seconds 0", "--seconds is 0; it must be 1 to 300.")]
    [InlineData("drill orders --seconds long", "long")]
    [InlineData("failover orders --shard x", "x")]
    public async Task Bad_input_is_refused_by_name(string commandLine, string named)
    {
        var run = await RunAsync(commandLine);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(named, run.Error, StringComparison.Ordinal);
        Assert.Empty(_daemon.Requests);
    }

    [Fact]
    public async Task A_drill_of_a_production_cache_is_asked_for_before_anything_is_sent()
    {
        var cache = Samples.Cache();
        _daemon.Caches["orders"] = cache with { Spec = cache.Spec with { Preset = "production" } };
        var silent = await RunAsync("drill orders --fault hang");
        Assert.Equal(2, silent.ExitCode);
        Assert.Contains("larder drill orders --fault hang --yes", silent.Error, StringComparison.Ordinal);
        var asked = await RunAsync("drill orders", "no\n");
        Assert.Equal(2, asked.ExitCode);
        Assert.Contains("production cache", asked.Error, StringComparison.Ordinal);
        Assert.Empty(_daemon.Requests);
    }

    [Fact]
    public async Task A_drill_that_the_daemon_refuses_begins_no_load()
    {
        _daemon.DrillCheck = () => FakeDaemon.Error(409, "busy", "Another failover or drill of orders is under way.");
        var run = await RunAsync("drill orders --yes -o json");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("under way", run.Error, StringComparison.Ordinal);
        Assert.Equal(["""POST /v1/caches/orders/drill/check {"shard":null,"fault":"kill","confirmed":true}"""], _daemon.Requests);
    }

    private Task<CommandRun> RunAsync(string commandLine, string? input = null) =>
        CommandRun.OfAsync(_home.Home, commandLine, new CommandRun.Setup { Input = input });
}
