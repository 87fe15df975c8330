namespace Larder.Model.Plans;

/// <summary>One field that differs and may.</summary>
/// <param name="Field">Its path in the form, such as <c>redis.capacity</c>.</param>
/// <param name="Kind">How it differs.</param>
/// <param name="From">The value now, in the form's words; <c>null</c> where there is none.</param>
/// <param name="To">The value wanted; <c>null</c> where there is to be none.</param>
/// <param name="Effect">One sentence: what it does to the cache and its clients. Never empty.</param>
public sealed record PlanChange(string Field, PlanChangeKind Kind, string? From, string? To, string Effect);
