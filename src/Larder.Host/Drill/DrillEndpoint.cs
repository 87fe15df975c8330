namespace Larder.Host.Drill;

/// <summary>Where and as whom a drill's clients connect.</summary>
/// <param name="Host">A name or address.</param>
/// <param name="Port">The TLS port.</param>
/// <param name="ServerName">The cache's own host name.</param>
/// <param name="CaFile">PEM file of the authority to trust, or <c>null</c> for the machine's own.</param>
/// <param name="Key">An access key.</param>
internal sealed record DrillEndpoint(string Host, int Port, string ServerName, string? CaFile, string Key)
{
    /// <summary>Says where, without the key.</summary>
    public override string ToString() => $"{ServerName} at {Host}:{Port}";
}
