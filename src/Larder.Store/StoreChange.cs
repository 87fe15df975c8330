using System.Collections.Immutable;

namespace Larder.Store;

/// <summary>What one commit changed under a watched prefix.</summary>
/// <param name="Revision">The commit.</param>
/// <param name="Changes">In the order of the commit; at least one.</param>
public sealed record StoreChange(long Revision, ImmutableArray<KeyChange> Changes);
