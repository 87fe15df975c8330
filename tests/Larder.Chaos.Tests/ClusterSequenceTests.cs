using Larder.Chaos.Clusters;
using Larder.Chaos.Faults;
using Xunit;

namespace Larder.Chaos.Tests;

/// <summary>Sequences against clustered caches: the seed decides, and every step makes sense when it comes.</summary>
public sealed class ClusterSequenceTests
{
    private const int Most = 6;

    [Fact]
    public void The_same_seed_makes_the_same_sequence_and_another_one_another()
    {
        Assert.Equal($"{Texts(7)}", $"{Texts(7)}");
        Assert.NotEqual(Texts(7), Texts(8));
    }

    [Fact]
    public void Every_step_makes_sense_when_it_comes()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var sequence = ClusterSequence.Create(seed, 30, Most);
            var (shards, fewest, overlapped) = (sequence.Shards, sequence.Shards, false);
            foreach (var step in sequence.Steps)
            {
                switch (step.Kind)
                {
                    case FaultKind.ScaleOut or FaultKind.ScaleIn:
                        Assert.False(overlapped, $"seed {seed}: two changes of the number of shards at once");
                        Assert.Equal(step.Kind == FaultKind.ScaleOut, step.Shards > shards);
                        Assert.NotEqual(shards, step.Shards);
                        fewest = Math.Min(shards, step.Shards);
                        break;
                    case FaultKind.PauseScaling:
                        Assert.True(overlapped, $"seed {seed}: a pause of nothing");
                        break;
                    default:
                        Assert.Equal(shards, step.Shards);
                        break;
                }

                // Only what is there before and after the change is sure to be there meanwhile.
                Assert.InRange(step.Shard, 0, fewest - 1);
                Assert.InRange(step.Shards, 1, Most);
                shards = step.Shards;
                overlapped = step.Overlapped;
                fewest = overlapped ? fewest : shards;
            }

            Assert.False(overlapped, $"seed {seed}: the last step is not waited for");
        }
    }

    [Fact]
    public void Every_kind_comes() =>
        Assert.Equal(FaultKinds.OfClusters.Order(), ClusterSequence.Create(1, 60, Most).Steps.Select(step => step.Kind).Distinct().Order());

    private static string Texts(int seed) => string.Join('\n', ClusterSequence.Create(seed, 30, Most).Steps);
}
