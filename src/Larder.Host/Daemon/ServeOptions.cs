namespace Larder.Host.Daemon;

/// <summary>What the command line may override of the daemon's settings; <c>null</c> leaves a setting as it is.</summary>
internal sealed record ServeOptions
{
    /// <summary>The installation's TLS port.</summary>
    public int? TlsPort { get; init; }

    /// <summary>The installation's plain port.</summary>
    public int? PlainPort { get; init; }

    /// <summary>Whether it was started in the background: its log, on standard error, is then one JSON object a line.</summary>
    public bool Background { get; init; }
}
