using Larder.Model.Specs;

namespace Larder.Model.Plans;

/// <summary>One field of the form, as the planner sees it.</summary>
/// <param name="Path">Its path in the form.</param>
/// <param name="Read">Its value in the form's words; <c>null</c> where it has none.</param>
/// <param name="Effect">What a new value does: from the spec that is wanted, and the one there is (<c>null</c> at creation).</param>
internal sealed record PlanField(string Path, Func<CacheSpec, string?> Read, Func<CacheSpec, CacheSpec?, string> Effect)
{
    /// <summary>Set where the field is fixed at creation: the refusal of another value, or <c>null</c> where this change is allowed.</summary>
    public Func<CacheSpec, CacheSpec, PlanRefusal?> Refuse { get; init; } = (_, _) => null;
}
