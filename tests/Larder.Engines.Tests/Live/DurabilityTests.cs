using Larder.Engines.Clusters;
using Larder.Model.Specs;

namespace Larder.Engines.Tests.Live;

/// <summary>What survives which end of the process.</summary>
[Trait("Category", "Integration")]
public sealed class DurabilityTests : IDisposable
{
    private const int Keys = 500;

    private readonly TemporaryFolder _folder = new();

    public static MatrixTheoryData<string, PersistenceMode> EnginesAndModes { get; } = new(
        LiveEngines.All.Select(row => row.Data), [PersistenceMode.Disabled, PersistenceMode.Rdb, PersistenceMode.Aof]);

    public static MatrixTheoryData<string, PersistenceMode> EnginesAndPersistentModes { get; } = new(
        LiveEngines.All.Select(row => row.Data), [PersistenceMode.Rdb, PersistenceMode.Aof]);

    public static TheoryData<string> Engines => LiveEngines.All;

    [Theory]
    [MemberData(nameof(EnginesAndModes))]
    public async Task An_orderly_stop_keeps_the_data_whatever_the_persistence(string engine, PersistenceMode mode)
    {
        await using var node = await StartAsync(engine, mode);
        await FillAsync(node);

        var took = await node.StopAsync();
        TestContext.Current.TestOutputHelper!.WriteLine($"{engine} {mode}: stopped in {took.TotalMilliseconds:0} ms");
        await node.StartAsync();
        await node.Node.PromoteAsync(ClusterClaim.Nothing, Token);

        Assert.Equal(Keys, (await node.Node.ProbeAsync(TimeSpan.FromSeconds(2), Token)).Keys);
        Assert.Equal($"value {Keys - 1}", await node.AsGatewayAsync("GET", $"key:{Keys - 1}"));
    }

    [Theory]
    [MemberData(nameof(EnginesAndPersistentModes))]
    public async Task A_save_is_there_after_a_kill(string engine, PersistenceMode mode)
    {
        await using var node = await StartAsync(engine, mode);
        await FillAsync(node);

        await node.Node.SaveAsync(Token);
        await node.KillAsync();
        await node.StartAsync();

        Assert.Equal(Keys, (await node.Node.ProbeAsync(TimeSpan.FromSeconds(2), Token)).Keys);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Without_persistence_a_killed_node_comes_back_empty_not_with_the_past(string engine)
    {
        await using var node = await StartAsync(engine, PersistenceMode.Disabled);
        await FillAsync(node);
        await node.StopAsync();
        await node.StartAsync();
        await node.KillAsync();

        Assert.Equal(0, (await node.StartAsync()).Keys);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Saves_that_overlap_both_end(string engine)
    {
        await using var node = await StartAsync(engine, PersistenceMode.Rdb);
        await FillAsync(node);
        await using var other = node.Driver.Open(node.Configuration);

        await Task.WhenAll(node.Node.SaveAsync(Token), other.SaveAsync(Token));

        await node.KillAsync();
        Assert.Equal(Keys, (await node.StartAsync()).Keys);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_memory_limit_can_be_changed(string engine)
    {
        await using var node = await StartAsync(engine, PersistenceMode.Disabled);

        await node.Node.ReconfigureAsync(node.Configuration with { MaxMemoryBytes = 48L << 20 }, Token);
        if (node.Driver.Describe(node.Installation).CanRaiseMemory)
        {
            await node.Node.ReconfigureAsync(node.Configuration with { MaxMemoryBytes = 128L << 20 }, Token);
        }
        else
        {
            var problem = await Assert.ThrowsAsync<EngineException>(() => node.Node.ReconfigureAsync(node.Configuration with { MaxMemoryBytes = 128L << 20 }, Token));
            Assert.Equal(EngineFailure.Refused, problem.Kind);
        }

        Assert.Equal("OK", await node.AsGatewayAsync("SET", "large", new string('x', 10 << 20)));
        Assert.Equal((10 << 20).ToString(System.Globalization.CultureInfo.InvariantCulture), await node.AsGatewayAsync("STRLEN", "large"));
    }

    [Theory]
    [InlineData("redis 7.0")]
    [InlineData("redis 8.0")]
    [InlineData("valkey 8.1")]
    public async Task A_node_that_loads_answers_that_it_loads(string engine)
    {
        await using var node = await StartAsync(engine, PersistenceMode.Rdb);
        await FillAsync(node);
        await node.StopAsync();

        // The engine's own means to make loading slow: microseconds per key, and a look at the clients every kilobyte.
        var file = node.Plan.Files.Keys.Single(path => path.EndsWith(".conf", StringComparison.Ordinal));
        node.Plan = node.Plan with
        {
            Files = new Dictionary<string, string>(node.Plan.Files)
            {
                [file] = node.Plan.Files[file] + "\nkey-load-delay 4000\nloading-process-events-interval-bytes 1024\n",
            },
        };
        node.Launch();

        var loading = await node.UntilAsync(probe => probe.Loading, "said that it loads");
        Assert.False(loading.LinkUp);
        Assert.Equal(node.ProcessId, loading.ProcessId);
        await node.UntilAsync(probe => !probe.Loading && probe.Keys == Keys, "loaded all");
    }

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task FillAsync(LiveNode node)
    {
        await using var client = node.As(node.Configuration.GatewayUser);
        var commands = Enumerable.Range(0, Keys).Select(key => new[] { "SET", $"key:{key}", $"value {key}" }).ToList();
        var replies = await client.CallAsync(TimeSpan.FromSeconds(10), commands, Token);
        Assert.All(replies, reply => Assert.Equal("OK", reply.Text));
    }

    private async Task<LiveNode> StartAsync(string engine, PersistenceMode mode)
    {
        var node = new LiveNode(await LiveEngines.GetAsync(engine), _folder.Path, 0, mode);
        try
        {
            await node.StartAsync();
            await node.Node.PromoteAsync(ClusterClaim.Nothing, Token);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }
}
