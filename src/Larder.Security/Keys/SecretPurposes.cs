namespace Larder.Security.Keys;

/// <summary>What each protected secret is for: bound into its envelope, so that one cannot be put in another's place.</summary>
public static class SecretPurposes
{
    /// <summary>A cache's access key.</summary>
    public const string AccessKey = "access-key";

    /// <summary>The password of the engine user that administers and replicates.</summary>
    public const string InternalPassword = "engine-internal";

    /// <summary>The password of the engine user that the gateway is.</summary>
    public const string GatewayPassword = "engine-gateway";
}
