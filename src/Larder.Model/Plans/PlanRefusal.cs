namespace Larder.Model.Plans;

/// <summary>One thing that is not done. A plan that has one is not carried out at all.</summary>
/// <param name="Field">The field's path in the form.</param>
/// <param name="Current">The value now; <c>null</c> where there is none.</param>
/// <param name="Wanted">The value wanted; <c>null</c> where the field was left out.</param>
/// <param name="Why">One sentence: the reason. Never empty.</param>
/// <param name="Instead">One sentence: what to do instead. Never empty.</param>
public sealed record PlanRefusal(string Field, string? Current, string? Wanted, string Why, string Instead)
{
    /// <summary>The refusal as one line of text.</summary>
    /// <returns>Field, values, reason and advice.</returns>
    public override string ToString()
    {
        var values = Current is null ? Wanted ?? "" : $"{Current} -> {Wanted ?? "(none)"}";
        return $"{Field}: {values}{(values.Length == 0 ? "" : ": ")}{Why} {Instead}";
    }
}
