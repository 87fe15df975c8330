namespace Larder.Management.Contracts;

/// <summary>One change of a plan.</summary>
/// <param name="Field">The field's path in the form, such as <c>redis.capacity</c>.</param>
/// <param name="Kind"><c>addition</c>, <c>change</c> or <c>removal</c>.</param>
/// <param name="From">The value now, or <c>null</c>.</param>
/// <param name="To">The value wanted, or <c>null</c>.</param>
/// <param name="Effect">What carrying it out does to clients; may be empty.</param>
public sealed record PlanChangeView(string Field, string Kind, string? From, string? To, string Effect);
