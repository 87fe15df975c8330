namespace Larder.Store;

/// <summary>Holds when a key's revision is the given one.</summary>
/// <param name="Key">The key.</param>
/// <param name="Revision">Its revision, or 0 for "does not exist".</param>
public sealed record StoreCondition(string Key, long Revision);
