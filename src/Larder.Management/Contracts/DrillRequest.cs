namespace Larder.Management.Contracts;

/// <summary>Asks for a failure on purpose.</summary>
/// <param name="Shard">The shard's id; may be left out where there is one shard.</param>
/// <param name="Fault"><c>kill</c>, <c>hang</c> or <c>handover</c>.</param>
/// <param name="Confirmed">Whether it is meant on a cache of the production preset too.</param>
public sealed record DrillRequest(int? Shard, string Fault, bool Confirmed);
