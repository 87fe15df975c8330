namespace Larder.Management.Contracts;

/// <summary>Asks for another primary.</summary>
/// <param name="Shard">The shard's id; may be left out where there is one shard.</param>
/// <param name="Force">Whether the primary is ended at once instead of handing over; what it has not replicated is lost.</param>
public sealed record FailoverRequest(int? Shard, bool Force);
