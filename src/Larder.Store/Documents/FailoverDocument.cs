using Larder.Model.Operations;

namespace Larder.Store.Documents;

/// <summary>A change of a shard's primary that was asked for and is not finished. Deleted when it is.</summary>
/// <param name="OperationId">The operation that tells of it.</param>
/// <param name="Shard">The shard's id.</param>
/// <param name="FromEpoch">The epoch that is to end: where a later one is in force, it is done.</param>
/// <param name="Force">Whether the primary is ended at once instead of handing over.</param>
public sealed record FailoverDocument(string OperationId, int Shard, long FromEpoch, bool Force)
{
    /// <summary>What a drill does to the primary; <c>null</c> where this is no drill.</summary>
    public DrillFault? Fault { get; init; }

    /// <summary>Whether that was done: it is not done again, and what follows is waited for.</summary>
    public bool Injected { get; init; }
}
