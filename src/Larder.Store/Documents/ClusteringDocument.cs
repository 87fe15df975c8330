using Larder.Model.Specs;

namespace Larder.Store.Documents;

/// <summary>An unclustered cache is becoming a cluster. Deleted when it is one, or when all is as before. Holds all that a daemon needs to go on with it.</summary>
/// <param name="OperationId">The operation that tells of it.</param>
/// <param name="Before">What the spec said of the cluster before.</param>
public sealed record ClusteringDocument(string OperationId, ClusterSpec Before)
{
    /// <summary>How far it has come.</summary>
    public ClusteringPhase Phase { get; init; }

    /// <summary>When this phase began.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When the clients were held, once they are.</summary>
    public DateTimeOffset? HeldAt { get; init; }

    /// <summary>Whether clients may have written to the cluster: what the cache had before is then not what it would go back to.</summary>
    public bool Served { get; init; }

    /// <summary>Why it is being undone; empty where it is not.</summary>
    public string Fault { get; init; } = "";

    /// <summary>Whether the nodes run, or are to run, as a cluster. It changes only while none of them runs.</summary>
    public bool IsClustered => Phase is ClusteringPhase.Starting or ClusteringPhase.Serving or ClusteringPhase.Undoing;
}
