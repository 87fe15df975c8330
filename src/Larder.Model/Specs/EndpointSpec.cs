namespace Larder.Model.Specs;

/// <summary>The <c>endpoint</c> section of a spec: where the gateway listens for this cache.</summary>
public sealed record EndpointSpec
{
    /// <summary>An IP address of this host; <c>null</c> means loopback.</summary>
    public string? Address { get; init; }

    /// <summary>The TLS port, 1..65535; <c>null</c> means the installation's (6380), shared with other caches by SNI.</summary>
    public int? TlsPort { get; init; }

    /// <summary>The plain port, used with <see cref="RedisSpec.NonSslPort"/> only; <c>null</c> means the installation's (6379).</summary>
    public int? PlainPort { get; init; }

    /// <summary>A DNS name that clients use, added to the certificate and accepted as SNI; <c>null</c> means the generated one.</summary>
    public string? HostName { get; init; }
}
