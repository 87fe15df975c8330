namespace Larder.Host.Cli;

/// <summary>The ports of an installation, which caches use that name none of their own.</summary>
/// <param name="Tls">The TLS port.</param>
/// <param name="Plain">The plain port.</param>
internal sealed record InstallationPorts(int Tls, int Plain);
