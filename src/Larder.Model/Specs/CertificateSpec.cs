namespace Larder.Model.Specs;

/// <summary>The <c>certificate</c> section of a spec: a certificate of the user's own instead of the installation's.</summary>
/// <param name="CertificateFile">PEM file on the host: the server certificate first, then its chain.</param>
/// <param name="KeyFile">PEM file on the host with the private key, unencrypted and readable by its owner only.</param>
public sealed record CertificateSpec(string CertificateFile, string KeyFile);
