namespace Larder.Model.Plans;

/// <summary>What a plan as a whole comes to.</summary>
public enum PlanKind
{
    /// <summary>Nothing differs.</summary>
    None,

    /// <summary>The cache does not exist yet.</summary>
    Create,

    /// <summary>The cache exists and something differs, if only in what is refused.</summary>
    Update,
}
