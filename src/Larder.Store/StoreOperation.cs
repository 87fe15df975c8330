namespace Larder.Store;

/// <summary>Writes or deletes one key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value to write, or <c>null</c> to delete.</param>
/// <param name="LeaseId">The lease to bind it to, or 0.</param>
public sealed record StoreOperation(string Key, string? Value, long LeaseId);
