namespace Larder.Management.Contracts;

/// <summary>Which key to regenerate.</summary>
/// <param name="KeyType"><c>primary</c> or <c>secondary</c>, in any case.</param>
/// <param name="User">Whose key; left out: that of <c>default</c>.</param>
public sealed record RegenerateKeyRequest(string KeyType, string? User = null);
