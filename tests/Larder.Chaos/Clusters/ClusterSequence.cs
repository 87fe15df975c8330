using System.Collections.Immutable;
using Larder.Chaos.Faults;

namespace Larder.Chaos.Clusters;

/// <summary>
/// What is done to a clustered cache, in which order: decided by the seed alone. A model of the cache, how many shards it has and whether that changes at the moment, tells
/// which steps make sense.
/// </summary>
/// <remarks>
/// <code>
///   ScaleOut to 4 ──▶ KillPrimary of shard 1 ──▶ PauseScaling ──▶ KillDaemon ──▶ all well     │  Handover ──▶ all well     │  ScaleIn to 2 …
///   (not waited for)  (not waited for)           (not waited for)                             │                            │
/// </code>
/// A pause ends where a stretch of steps that are not waited for ends.
/// </remarks>
/// <param name="Shards">How many shards it begins with.</param>
/// <param name="Steps">The steps.</param>
public sealed record ClusterSequence(int Shards, ImmutableArray<ClusterStep> Steps)
{
    private const int LongestStretch = 4;
    private static readonly FaultKind[] WhileScaling =
    [
        FaultKind.PauseScaling, FaultKind.ChangeSetting, FaultKind.Handover, FaultKind.KillPrimary, FaultKind.KillReplica, FaultKind.KillDaemon, FaultKind.KillDaemonAndPrimary,
    ];

    /// <summary>Makes a sequence.</summary>
    /// <param name="seed">Any number; the same one makes the same sequence.</param>
    /// <param name="length">How many steps.</param>
    /// <param name="most">The most shards.</param>
    public static ClusterSequence Create(int seed, int length, int most)
    {
        var random = new Random(seed);
        var first = random.Next(1, Math.Min(most, 3) + 1);
        var steps = ImmutableArray.CreateBuilder<ClusterStep>(length);
        var (shards, fewest, stretch, scaling) = (first, first, 0, false);
        var fresh = new Queue<FaultKind>();
        var overlapping = new Queue<FaultKind>();
        while (steps.Count < length)
        {
            var kind = scaling ? Next(overlapping, WhileScaling, random) : Next(fresh, [.. FaultKinds.OfClusters, FaultKind.ScaleOut, FaultKind.ScaleIn], random);
            if (!scaling && kind is FaultKind.ScaleOut or FaultKind.ScaleIn or FaultKind.PauseScaling)
            {
                var wanted = kind == FaultKind.ScaleIn ? random.Next(1, Math.Max(shards, 2)) : random.Next(Math.Min(shards + 1, most), most + 1);
                wanted = wanted != shards ? wanted : shards > 1 ? shards - 1 : shards + 1;
                kind = wanted > shards ? FaultKind.ScaleOut : FaultKind.ScaleIn;
                (fewest, shards, scaling) = (Math.Min(shards, wanted), wanted, true);
            }

            // The last step of all is waited for.
            stretch++;
            var overlapped = scaling && stretch < LongestStretch && steps.Count + 1 < length && (stretch == 1 ? random.Next(4) > 0 : random.Next(2) == 0);
            var step = new ClusterStep(kind, TimeSpan.FromMilliseconds(random.Next(100, 900)), shards, 0, overlapped);
            steps.Add(step.IsOfShard ? step with { Shard = random.Next(fewest) } : step);
            if (!overlapped)
            {
                (fewest, stretch, scaling) = (shards, 0, false);
            }
        }

        return new ClusterSequence(first, steps.MoveToImmutable());
    }

    // Each kind comes once, in any order, before one comes again.
    private static FaultKind Next(Queue<FaultKind> deck, FaultKind[] kinds, Random random)
    {
        if (deck.Count == 0)
        {
            var shuffled = (FaultKind[])kinds.Clone();
            random.Shuffle(shuffled);
            foreach (var kind in shuffled)
            {
                deck.Enqueue(kind);
            }
        }

        return deck.Dequeue();
    }
}
