using System.Collections.Immutable;

namespace Larder.Chaos.Faults;

/// <summary>Which faults come when: decided by the seed alone, so that a run can be repeated as far as the clients' timing permits.</summary>
public static class FaultSchedule
{
    private static readonly TimeSpan ShortestCalm = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan LongestCalm = TimeSpan.FromMilliseconds(2_000);

    /// <summary>Makes a schedule.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="rounds">How many faults.</param>
    /// <param name="kinds">Which kinds; each comes once, in any order, before one comes again.</param>
    public static ImmutableArray<PlannedFault> Create(int seed, int rounds, ImmutableArray<FaultKind> kinds)
    {
        var random = new Random(seed);
        var schedule = ImmutableArray.CreateBuilder<PlannedFault>(rounds);
        while (schedule.Count < rounds)
        {
            var cycle = kinds.ToArray();
            random.Shuffle(cycle);
            foreach (var kind in cycle.Take(rounds - schedule.Count))
            {
                schedule.Add(new PlannedFault(kind, Between(random, ShortestCalm, LongestCalm), Length(kind, random)));
            }
        }

        return schedule.MoveToImmutable();
    }

    // The gateway's view lasts for 2 s, the lease for 3 s: a short hang stays below the one, a long one goes well beyond the other.
    private static TimeSpan Length(FaultKind kind, Random random) => kind switch
    {
        FaultKind.HangPrimaryShort => Between(random, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(1_000)),
        FaultKind.HangPrimaryLong => Between(random, TimeSpan.FromMilliseconds(4_500), TimeSpan.FromMilliseconds(6_000)),
        FaultKind.SlowReplica => Between(random, TimeSpan.FromMilliseconds(2_000), TimeSpan.FromMilliseconds(4_000)),
        _ => TimeSpan.Zero,
    };

    private static TimeSpan Between(Random random, TimeSpan least, TimeSpan most) =>
        TimeSpan.FromMilliseconds(random.Next((int)least.TotalMilliseconds, (int)most.TotalMilliseconds + 1));
}
