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
/// <param name="Users">Users beyond <c>default</c>, with the digests of their keys.</param>
internal sealed record CacheSecrets(
    ImmutableArray<AccessKeyDigest> AccessKeys, Secret InternalPassword, Secret GatewayPassword, ImmutableArray<AccessUser> Users)
{
    /// <summary>Opens a document.</summary>
    /// <param name="protector">The installation's protector.</param>
    /// <param name="document">The document.</param>
    /// <returns>The secrets.</returns>
    public static CacheSecrets Open(SecretProtector protector, SecretsDocument document)
    {
        return new CacheSecrets(
            Digests(protector, document.PrimaryKey, document.PrimaryGeneration, document.SecondaryKey, document.SecondaryGeneration),
            protector.Unprotect(document.InternalPassword, SecretPurposes.InternalPassword),
            protector.Unprotect(document.GatewayPassword, SecretPurposes.GatewayPassword),
            [.. document.Users.Select(user => new AccessUser(user.Key, DigestsOf(protector, user.Value)))]);
    }

    private static ImmutableArray<AccessKeyDigest> DigestsOf(SecretProtector protector, UserKeys user) =>
    [
        .. Digests(protector, user.PrimaryKey, user.PrimaryGeneration, user.SecondaryKey, user.SecondaryGeneration)
            .Select(digest => digest with { Id = $"{user.Uid}-{digest.Id}" }),
    ];

    private static ImmutableArray<AccessKeyDigest> Digests(SecretProtector protector, string primary, int primaryGeneration, string secondary, int secondaryGeneration) =>
        new AccessKeyPair(
            new AccessKey(protector.Unprotect(primary, SecretPurposes.AccessKey), primaryGeneration),
            new AccessKey(protector.Unprotect(secondary, SecretPurposes.AccessKey), secondaryGeneration)).ToDigests();
}
