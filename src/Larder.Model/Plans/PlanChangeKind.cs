namespace Larder.Model.Plans;

/// <summary>How a field differs.</summary>
public enum PlanChangeKind
{
    /// <summary>It had no value and gets one.</summary>
    Addition,

    /// <summary>It gets another value.</summary>
    Change,

    /// <summary>It loses its value.</summary>
    Removal,
}
