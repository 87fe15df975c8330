using System.Collections.Immutable;
using Larder.Model;
using Larder.Model.Routing;
using Larder.Security.Keys;
using Larder.Store.Documents;

namespace Larder.Controller.Caches;

/// <summary>A cache's secrets as this process uses them: of the access keys only their digests.</summary>
/// <param name="AccessKeys">What the gateway compares with: primary, then secondary.</param>
/// <param name="InternalPassword">Password of the engine user that administers and replicates.</param>
/// <param name="GatewayPassword">Password of the engine user that the gateway is.</param>
internal sealed record CacheSecrets(ImmutableArray<AccessKeyDigest> AccessKeys, Secret InternalPassword, Secret GatewayPassword)
{
    /// <summary>Opens a document.</summary>
    /// <param name="protector">The installation's protector.</param>
    /// <param name="document">The document.</param>
    /// <returns>The secrets.</returns>
    public static CacheSecrets Open(SecretProtector protector, SecretsDocument document)
    {
        var keys = new AccessKeyPair(
            new AccessKey(protector.Unprotect(document.PrimaryKey, SecretPurposes.AccessKey), document.PrimaryGeneration),
            new AccessKey(protector.Unprotect(document.SecondaryKey, SecretPurposes.AccessKey), document.SecondaryGeneration));
        return new CacheSecrets(
            keys.ToDigests(),
            protector.Unprotect(document.InternalPassword, SecretPurposes.InternalPassword),
            protector.Unprotect(document.GatewayPassword, SecretPurposes.GatewayPassword));
    }
}
