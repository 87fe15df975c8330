namespace Larder.Controller.Recovery;

/// <summary>What a node's data on disk is good for.</summary>
internal enum CopyState
{
    /// <summary>There is none.</summary>
    Empty,

    /// <summary>It passes its check.</summary>
    Good,

    /// <summary>It does not.</summary>
    Damaged,

    /// <summary>It cannot be got at now, and may be whole: it is waited for, neither set aside nor counted as lost.</summary>
    Unreachable,
}
