namespace Larder.Chaos.Checking;

/// <summary>What the cache promises of an acknowledged write, as its spec's <c>durability</c>.</summary>
public enum Durability
{
    /// <summary>The primary has it. It may be lost when that one fails.</summary>
    Async,

    /// <summary>A replica has it, too. It is not lost when one node fails.</summary>
    Quorum,
}
