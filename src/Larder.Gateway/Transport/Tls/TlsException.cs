namespace Larder.Gateway.Transport.Tls;

/// <summary>A TLS handshake that did not succeed, in OpenSSL's words, or a certificate that cannot be used.</summary>
internal sealed class TlsException(string message) : Exception(message);
