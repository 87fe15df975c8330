using System.Collections.Immutable;

namespace Larder.Store;

/// <summary>Entries read at one revision.</summary>
/// <param name="Revision">The store's revision when they were read; 0 for a store never written to.</param>
/// <param name="Entries">In ordinal order of their keys.</param>
public sealed record StoreSnapshot(long Revision, ImmutableArray<StoreEntry> Entries);
