using System.Collections.Immutable;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Checking;

/// <summary>One epoch has one primary, and epochs only rise.</summary>
internal static class EpochCheck
{
    public static void Run(ImmutableArray<RoleSample> samples, Findings findings)
    {
        foreach (var shard in samples.GroupBy(sample => sample.Shard))
        {
            var primaries = new Dictionary<long, HashSet<int>>();
            var highest = 0L;

            foreach (var sample in shard.OrderBy(sample => sample.At))
            {
                // Epoch 0 is "none known": before the first election, and while a daemon that has just started has not read the leader key yet.
                if (sample.Epoch == 0)
                {
                    if (highest > 0 && !sample.Primaries.IsEmpty)
                    {
                        findings.Add(
                            AnomalyKind.UnelectedPrimaryShown,
                            sample.At,
                            () => $"shard {shard.Key}: node {string.Join(" and ", sample.Primaries)} as primary of epoch 0 after epoch {highest}");
                    }

                    continue;
                }

                if (sample.Epoch < highest)
                {
                    findings.Add(AnomalyKind.EpochWentBack, sample.At, () => $"shard {shard.Key}: epoch {sample.Epoch} after {highest}");
                }

                highest = Math.Max(highest, sample.Epoch);
                if (!primaries.TryGetValue(sample.Epoch, out var known))
                {
                    primaries.Add(sample.Epoch, known = []);
                }

                var before = known.Count;
                known.UnionWith(sample.Primaries);
                if (known.Count > before && known.Count > 1)
                {
                    findings.Add(AnomalyKind.TwoPrimaries, sample.At, () => $"shard {shard.Key}, epoch {sample.Epoch}: nodes {string.Join(" and ", known.Order())}");
                }
            }
        }
    }
}
