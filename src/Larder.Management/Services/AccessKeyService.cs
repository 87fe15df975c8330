using Larder.Management.Contracts;
using Larder.Model.Events;
using Larder.Security.Keys;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Management.Services;

/// <summary>Makes, shows and regenerates a cache's access keys. Keys leave it in clear only as an answer.</summary>
/// <param name="store">The control store.</param>
/// <param name="documents">Reads the stored caches.</param>
/// <param name="protector">Protects secrets at rest.</param>
/// <param name="events">Where a replaced key is noted.</param>
internal sealed class AccessKeyService(IControlStore store, CacheDocuments documents, SecretProtector protector, IEventJournal events)
{
    /// <summary>New secrets for a new cache.</summary>
    /// <returns>The document, every secret protected.</returns>
    public SecretsDocument Create() => new()
    {
        PrimaryKey = protector.Protect(AccessKeyGenerator.Create(), SecretPurposes.AccessKey),
        PrimaryGeneration = 1,
        SecondaryKey = protector.Protect(AccessKeyGenerator.Create(), SecretPurposes.AccessKey),
        SecondaryGeneration = 1,
        InternalPassword = protector.Protect(EnginePasswordGenerator.Create(), SecretPurposes.InternalPassword),
        GatewayPassword = protector.Protect(EnginePasswordGenerator.Create(), SecretPurposes.GatewayPassword),
    };

    /// <summary>Both keys of a cache.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The keys, in clear.</returns>
    public async Task<KeysView> ListAsync(string name, CancellationToken cancellationToken)
    {
        await documents.GetAsync(name, cancellationToken);
        var (secrets, _) = await documents.ReadAsync<SecretsDocument>(StoreKeys.Secrets(name), cancellationToken);
        return View(secrets!);
    }

    /// <summary>Replaces one key; the other one and its clients are not touched.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="keyType"><c>primary</c> or <c>secondary</c>, in any case.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Both keys, in clear.</returns>
    public async Task<KeysView> RegenerateAsync(string name, string keyType, CancellationToken cancellationToken)
    {
        var primary = keyType.ToLowerInvariant() switch
        {
            "primary" => true,
            "secondary" => false,
            _ => throw new ManagementException(
                ManagementFailure.Invalid, $"keyType is '{keyType}'; it must be primary or secondary."),
        };
        var cache = (await documents.GetAsync(name, cancellationToken)).Document.Spec.Name;
        var key = StoreKeys.Secrets(name);
        while (true)
        {
            var (secrets, revision) = await documents.ReadAsync<SecretsDocument>(key, cancellationToken);
            var fresh = protector.Protect(AccessKeyGenerator.Create(), SecretPurposes.AccessKey);
            var next = primary
                ? secrets! with { PrimaryKey = fresh, PrimaryGeneration = secrets.PrimaryGeneration + 1 }
                : secrets! with { SecondaryKey = fresh, SecondaryGeneration = secrets.SecondaryGeneration + 1 };
            var transaction = StoreTransaction.Empty.IfRevision(key, revision).Put(key, StoreCodec.Encode(next, DocumentSchemas.Current));
            if ((await store.CommitAsync(transaction, cancellationToken)).Committed)
            {
                events.Append(new CacheEvent(
                    EventKind.KeyRegenerated, cache, $"The {(primary ? "primary" : "secondary")} access key was replaced; the old one is refused from now on."));
                return View(next);
            }
        }
    }

    private KeysView View(SecretsDocument secrets) => new(
        protector.Unprotect(secrets.PrimaryKey, SecretPurposes.AccessKey).Reveal(),
        protector.Unprotect(secrets.SecondaryKey, SecretPurposes.AccessKey).Reveal());
}
