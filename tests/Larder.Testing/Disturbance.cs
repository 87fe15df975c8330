namespace Larder.Testing;

/// <summary>What connections meet on their way.</summary>
public enum Disturbance
{
    /// <summary>Nothing: it is passed on.</summary>
    None,

    /// <summary>It is passed on, a little at a time.</summary>
    Slow,

    /// <summary>Every request is answered with 500.</summary>
    Error,

    /// <summary>It is taken, and nothing is ever answered.</summary>
    Silence,

    /// <summary>Nobody listens.</summary>
    Absence,
}
