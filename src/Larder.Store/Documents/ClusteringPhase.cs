namespace Larder.Store.Documents;

/// <summary>How far a cache is on its way to a cluster: what a daemon that is started in the middle of it has to do.</summary>
public enum ClusteringPhase
{
    /// <summary>Nothing has changed. What was done of the next step is done anew.</summary>
    Preparing,

    /// <summary>The nodes start as a cluster with the data that they had; clients wait.</summary>
    Starting,

    /// <summary>The primary serves all slots; replicas follow.</summary>
    Serving,

    /// <summary>It has failed: the nodes are to be stopped, to start without a cluster.</summary>
    Undoing,

    /// <summary>The nodes start, or run, as they did before.</summary>
    Returning,
}
