using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;

namespace Larder.Security.Certificates;

/// <summary>A certificate that a TLS server can use at once.</summary>
/// <param name="Certificate">The server's certificate, with its private key. Owned by whoever handed it out; a user never disposes it.</param>
/// <param name="Chain">Certificates between it and its root, to send in the handshake; empty for the installation's own.</param>
public sealed record ServerCertificate(X509Certificate2 Certificate, ImmutableArray<X509Certificate2> Chain);
