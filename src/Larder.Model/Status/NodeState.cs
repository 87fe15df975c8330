namespace Larder.Model.Status;

/// <summary>The state of one engine node.</summary>
public enum NodeState
{
    /// <summary>Started, not answering yet or loading.</summary>
    Starting,

    /// <summary>A replica that has not caught up with its primary.</summary>
    Syncing,

    /// <summary>The serving primary, or a replica whose link is up and whose initial sync is complete.</summary>
    InSync,

    /// <summary>Not running, or not answering.</summary>
    Down,
}
