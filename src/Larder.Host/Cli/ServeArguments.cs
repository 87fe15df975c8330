namespace Larder.Host.Cli;

/// <summary>What <c>larder serve</c> was told.</summary>
/// <param name="TlsPort">The installation's TLS port, or <c>null</c> to leave the setting as it is.</param>
/// <param name="PlainPort">The installation's plain port, or <c>null</c> to leave the setting as it is.</param>
/// <param name="Background">Whether nobody looks at a terminal: logs are then JSON.</param>
internal sealed record ServeArguments(int? TlsPort, int? PlainPort, bool Background);
