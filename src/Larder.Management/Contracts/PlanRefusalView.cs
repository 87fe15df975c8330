namespace Larder.Management.Contracts;

/// <summary>One thing that a plan refuses.</summary>
/// <param name="Field">The field's path in the form.</param>
/// <param name="Current">The value now, or <c>null</c>.</param>
/// <param name="Wanted">The value wanted, or <c>null</c>.</param>
/// <param name="Reason">Why it is refused.</param>
/// <param name="Instead">What to do instead.</param>
public sealed record PlanRefusalView(string Field, string? Current, string? Wanted, string Reason, string Instead);
