namespace Larder.Gateway.Authentication;

/// <summary>Which access key a user and password are.</summary>
/// <param name="user">The user name.</param>
/// <param name="password">What was given as key.</param>
/// <returns>The key's id, or <c>null</c> where it is none.</returns>
internal delegate string? FindKey(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password);
