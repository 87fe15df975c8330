namespace Larder.Management.Contracts;

/// <summary>Which key to regenerate.</summary>
/// <param name="KeyType"><c>primary</c> or <c>secondary</c>, in any case.</param>
public sealed record RegenerateKeyRequest(string KeyType);
