namespace Larder.Controller.Leadership;

/// <summary>What proves that a node has the data of the generation that it was last in sync in.</summary>
internal enum Evidence
{
    /// <summary>Nothing: it began empty, or what it had is gone.</summary>
    None,

    /// <summary>Its files: it loads, has loaded or would load what it last saved.</summary>
    Disk,

    /// <summary>Its memory: this very process was the primary or an in-sync replica.</summary>
    Memory,
}
