namespace Larder.Store;

/// <summary>One key with its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">UTF-8 text.</param>
/// <param name="Revision">The commit that last wrote it.</param>
/// <param name="LeaseId">The lease it is bound to, or 0.</param>
public sealed record StoreEntry(string Key, string Value, long Revision, long LeaseId);
