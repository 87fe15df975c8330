namespace Larder.Security.Certificates;

/// <summary>What a server certificate is asked for.</summary>
/// <param name="Names">The names and addresses it is for.</param>
public sealed record ServerCertificateRequest(ServerNames Names)
{
    /// <summary>How long it is valid from now on; 90 days by default, shortened where the authority itself ends earlier.</summary>
    public TimeSpan Validity { get; init; } = TimeSpan.FromDays(90);
}
