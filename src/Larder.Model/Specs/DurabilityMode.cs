namespace Larder.Model.Specs;

/// <summary>When a write is acknowledged.</summary>
public enum DurabilityMode
{
    /// <summary>As soon as the primary has executed it. Spec word: <c>async</c>.</summary>
    Async,

    /// <summary>Only when a replica has it too. Spec word: <c>quorum</c>.</summary>
    Quorum,
}
