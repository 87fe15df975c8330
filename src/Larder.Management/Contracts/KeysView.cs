namespace Larder.Management.Contracts;

/// <summary>Both access keys, in clear: handed out on request only.</summary>
/// <param name="Primary">The primary key, 44 characters.</param>
/// <param name="Secondary">The secondary key, 44 characters.</param>
public sealed record KeysView(string Primary, string Secondary);
