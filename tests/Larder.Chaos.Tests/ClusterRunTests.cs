using Larder.Chaos.Clusters;
using Larder.Chaos.Running;
using Xunit;

namespace Larder.Chaos.Tests;

/// <summary>Short runs against clustered caches of the real program; <c>CLUSTER=1 bench/chaos</c> runs for longer. Garnet is refused as a cluster.</summary>
[Collection("one installation at a time")]
public sealed class ClusterRunTests
{
    private const int Steps = 5;
    private const int MostShards = 3;

    [Theory]
    [InlineData("redis")]
    [InlineData("valkey")]
    public async Task A_random_sequence_of_changes_and_faults_breaks_no_promise(string engine)
    {
        var seed = Environment.TickCount;
        var sequence = ClusterSequence.Create(seed, Steps, MostShards);
        var result = await ClusterChaosRun.RunAsync(
            new ClusterChaosOptions(RepositoryRoot.Program, sequence, seed) { Engine = engine, FillerMegabytes = 1 }, TestContext.Current.CancellationToken);
        Assert.True(
            result.Breaches.IsEmpty,
            $"SEED={seed} ENGINE={engine} ROUNDS={Steps} SHARDS={MostShards}: {string.Join("; ", result.Breaches)}\n{string.Join('\n', sequence.Steps)}\n{result.Report}");

        // Whoever sees nothing proves nothing.
        Assert.All(result.Report.Faults.Where(outcome => !outcome.Fault.Overlapped), outcome => Assert.True(outcome.FirstAcknowledged is not null, $"Seed {seed}: no write after {outcome.Fault}\n{result.Report}"));
        Assert.True(result.Report.Reads > 0, $"Seed {seed}: nothing was read\n{result.Report}");
    }
}
