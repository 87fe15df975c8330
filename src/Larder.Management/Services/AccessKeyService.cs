using System.Security.Cryptography;
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

    /// <summary>Secrets with keys for the users that a spec has, and for no others.</summary>
    /// <param name="secrets">The secrets.</param>
    /// <param name="users">The names of the users.</param>
    /// <returns>The same secrets where nothing is to be changed.</returns>
    public SecretsDocument WithUsers(SecretsDocument secrets, IEnumerable<string> users)
    {
        var wanted = users.ToHashSet(StringComparer.Ordinal);
        if (wanted.SetEquals(secrets.Users.Keys))
        {
            return secrets;
        }

        var kept = secrets.Users.RemoveRange(secrets.Users.Keys.Where(user => !wanted.Contains(user)));
        return secrets with { Users = kept.AddRange(wanted.Where(user => !kept.ContainsKey(user)).Select(user => KeyValuePair.Create(user, CreateUser()))) };
    }

    /// <summary>Both keys of a cache.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="user">Whose keys; <c>null</c> for <c>default</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The keys, in clear.</returns>
    /// <exception cref="ManagementException">There is no such cache or user.</exception>
    public async Task<KeysView> ListAsync(string name, string? user, CancellationToken cancellationToken)
    {
        var cache = (await documents.GetAsync(name, cancellationToken)).Document.Spec.Name;
        var (secrets, _) = await documents.ReadAsync<SecretsDocument>(StoreKeys.Secrets(name), cancellationToken);
        return View(KeysOf(cache, secrets!, user));
    }

    /// <summary>Replaces one key; the other one and its clients are not touched.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="request">Which key, and whose.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Both keys, in clear.</returns>
    /// <exception cref="ManagementException">There is no such cache, user or key.</exception>
    public async Task<KeysView> RegenerateAsync(string name, RegenerateKeyRequest request, CancellationToken cancellationToken)
    {
        var primary = request.KeyType.ToLowerInvariant() switch
        {
            "primary" => true,
            "secondary" => false,
            _ => throw new ManagementException(
                ManagementFailure.Invalid, $"keyType is '{request.KeyType}'; it must be primary or secondary."),
        };
        var cache = (await documents.GetAsync(name, cancellationToken)).Document.Spec.Name;
        var key = StoreKeys.Secrets(name);
        while (true)
        {
            var (secrets, revision) = await documents.ReadAsync<SecretsDocument>(key, cancellationToken);
            var before = KeysOf(cache, secrets!, request.User);
            var fresh = protector.Protect(AccessKeyGenerator.Create(), SecretPurposes.AccessKey);
            var keys = primary
                ? before with { PrimaryKey = fresh, PrimaryGeneration = before.PrimaryGeneration + 1 }
                : before with { SecondaryKey = fresh, SecondaryGeneration = before.SecondaryGeneration + 1 };
            var next = request.User is { } user
                ? secrets! with { Users = secrets.Users.SetItem(user, keys) }
                : secrets! with
                {
                    PrimaryKey = keys.PrimaryKey,
                    PrimaryGeneration = keys.PrimaryGeneration,
                    SecondaryKey = keys.SecondaryKey,
                    SecondaryGeneration = keys.SecondaryGeneration,
                };
            var transaction = StoreTransaction.Empty.IfRevision(key, revision).Put(key, StoreCodec.Encode(next, DocumentSchemas.Current));
            if ((await store.CommitAsync(transaction, cancellationToken)).Committed)
            {
                events.Append(new CacheEvent(
                    EventKind.KeyRegenerated, cache,
                    $"The {(primary ? "primary" : "secondary")} access key{(request.User is null ? "" : $" of the user '{request.User}'")} was replaced; the old one is refused from now on."));
                return View(keys);
            }
        }
    }

    private UserKeys CreateUser() => new()
    {
        Uid = RandomNumberGenerator.GetHexString(16, lowercase: true),
        PrimaryKey = protector.Protect(AccessKeyGenerator.Create(), SecretPurposes.AccessKey),
        PrimaryGeneration = 1,
        SecondaryKey = protector.Protect(AccessKeyGenerator.Create(), SecretPurposes.AccessKey),
        SecondaryGeneration = 1,
    };

    private static UserKeys KeysOf(string cache, SecretsDocument secrets, string? user) => user is null
        ? new UserKeys
        {
            Uid = "",
            PrimaryKey = secrets.PrimaryKey,
            PrimaryGeneration = secrets.PrimaryGeneration,
            SecondaryKey = secrets.SecondaryKey,
            SecondaryGeneration = secrets.SecondaryGeneration,
        }
        : secrets.Users.GetValueOrDefault(user) ?? throw new ManagementException(
            ManagementFailure.NotFound,
            secrets.Users.IsEmpty
                ? $"{cache} has no user '{user}', and none beside default. Add users under access.users of its file."
                : $"{cache} has no user '{user}'; its users are {string.Join(", ", secrets.Users.Keys)}.");

    private KeysView View(UserKeys keys) => new(
        protector.Unprotect(keys.PrimaryKey, SecretPurposes.AccessKey).Reveal(),
        protector.Unprotect(keys.SecondaryKey, SecretPurposes.AccessKey).Reveal());
}
