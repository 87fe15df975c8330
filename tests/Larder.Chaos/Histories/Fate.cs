namespace Larder.Chaos.Histories;

/// <summary>What a client knows of its operation afterwards.</summary>
public enum Fate
{
    /// <summary>It was acknowledged: it is executed, once.</summary>
    Executed,

    /// <summary>It was refused by a definite answer, or never sent: it is not executed, and never will be.</summary>
    Refused,

    /// <summary>No answer, or one that says that nobody knows: it is executed once, now or later, or never.</summary>
    Unknown,
}
