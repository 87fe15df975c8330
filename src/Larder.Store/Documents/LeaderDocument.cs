namespace Larder.Store.Documents;

/// <summary>The leader key: which node is a shard's primary. It exists only while its lease lives.</summary>
/// <param name="Ordinal">The primary.</param>
/// <param name="Epoch">The epoch it was elected in.</param>
/// <param name="Host">The host whose agent holds the lease.</param>
public sealed record LeaderDocument(int Ordinal, long Epoch, string Host);
