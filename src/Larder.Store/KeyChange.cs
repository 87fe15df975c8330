namespace Larder.Store;

/// <summary>What happened to one key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The new value, or <c>null</c> where it was deleted (also by the end of its lease).</param>
/// <param name="LeaseId">The lease that the new value is bound to, or 0.</param>
public sealed record KeyChange(string Key, string? Value, long LeaseId);
