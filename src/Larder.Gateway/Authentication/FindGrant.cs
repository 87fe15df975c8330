namespace Larder.Gateway.Authentication;

/// <summary>What a user and password open.</summary>
/// <param name="user">The user name.</param>
/// <param name="password">What was given as key.</param>
/// <returns>The grant, or <c>null</c> where they open nothing.</returns>
internal delegate AccessGrant? FindGrant(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password);
