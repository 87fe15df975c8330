namespace Larder.Chaos.Counting;

/// <summary>What was counted after one change of the number of shards.</summary>
/// <param name="From">How many shards there were.</param>
/// <param name="To">How many there are.</param>
/// <param name="Took">How long the change took.</param>
/// <param name="Operations">What clients did meanwhile.</param>
/// <param name="Median">Their median time.</param>
/// <param name="Percentile99">The time that one of a hundred exceeds.</param>
/// <param name="Longest">The longest of them.</param>
/// <param name="Check">What a look at each key found.</param>
public sealed record CountingResult(int From, int To, TimeSpan Took, int Operations, TimeSpan Median, TimeSpan Percentile99, TimeSpan Longest, KeyCheck Check)
{
    /// <summary>A row of a Markdown table.</summary>
    public string Row =>
        $"| {From} to {To} | {Took.TotalSeconds:F1} | {Operations / Took.TotalSeconds:F0} | {Median.TotalMilliseconds:F1} / {Percentile99.TotalMilliseconds:F1} / {Longest.TotalMilliseconds:F1} "
        + $"| {Check.Missing} | {Check.Wrong} | {Check.Counted - Check.Expected} | {Check.WorstExpiry.TotalMilliseconds:F0} |";

    /// <summary>The head of that table.</summary>
    public static string Head =>
        "| shards | seconds | checked operations/s meanwhile | p50 / p99 / longest (ms) | keys missing | wrong type or value | keys too many, in all shards | farthest from its expiry (ms) |\n|---|---|---|---|---|---|---|---|";
}
