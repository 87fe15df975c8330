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
            var highest = long.MinValue;

            // A daemon that has just started shows epoch 0 and no primary until it has read the leader key: it says nothing then.
            foreach (var sample in shard.Where(sample => sample.Epoch > 0 || !sample.Primaries.IsEmpty).OrderBy(sample => sample.At))
            {
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
