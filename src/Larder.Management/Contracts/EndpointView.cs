namespace Larder.Management.Contracts;

/// <summary>Where and how clients connect to a cache.</summary>
/// <param name="Host">A name or address that this host's clients can connect to.</param>
/// <param name="ServerName">The cache's own host name: the TLS server name (SNI) that selects it where several caches share a port.</param>
/// <param name="TlsPort">The TLS port.</param>
/// <param name="PlainPort">The plain port, or <c>null</c> where it is off.</param>
/// <param name="CaFile">PEM file with the certificate authority to trust, or <c>null</c> where the cache has a certificate of the user's own.</param>
public sealed record EndpointView(string Host, string ServerName, int TlsPort, int? PlainPort, string? CaFile);
