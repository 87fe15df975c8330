using System.Collections.Immutable;

namespace Larder.Chaos.Counting;

/// <summary>What a look at every key found.</summary>
/// <param name="Missing">Keys that were not there.</param>
/// <param name="Wrong">Keys of another type or value.</param>
/// <param name="WorstExpiry">How far from what was asked for the farthest time of expiry is; a day where one has none, or should have none.</param>
/// <param name="Counted">The sum of what DBSIZE says of all primaries.</param>
/// <param name="Expected">How many keys there are to be.</param>
/// <param name="Examples">Some of what was wrong.</param>
public sealed record KeyCheck(long Missing, long Wrong, TimeSpan WorstExpiry, long Counted, long Expected, ImmutableArray<string> Examples)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    /// <summary>One sentence for each kind of difference; empty where all is there, once, as it was written.</summary>
    public IEnumerable<string> Problems
    {
        get
        {
            if (Missing > 0)
            {
                yield return $"{Missing} keys are missing";
            }

            if (Wrong > 0)
            {
                yield return $"{Wrong} keys have another type or value";
            }

            if (WorstExpiry > Tolerance)
            {
                yield return $"a time of expiry is {WorstExpiry} from what it was";
            }

            if (Counted != Expected)
            {
                yield return $"all shards together have {Counted} keys instead of {Expected}";
            }

            foreach (var example in Examples)
            {
                yield return example;
            }
        }
    }
}
