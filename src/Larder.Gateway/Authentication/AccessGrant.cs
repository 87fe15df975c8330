namespace Larder.Gateway.Authentication;

/// <summary>What a client's key has opened.</summary>
/// <param name="KeyId">The access key: tells whose sessions end when it is replaced.</param>
/// <param name="User">The engine user that the client is; <c>null</c> for <c>default</c>, which the gateway's own user stands for.</param>
internal sealed record AccessGrant(string KeyId, string? User)
{
    /// <summary>The gateway itself.</summary>
    public static AccessGrant Gateway { get; } = new("", null);
}
