using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Larder.Model.Routing;

namespace Larder.Gateway.Authentication;

/// <summary>Compares what a client gives with the access keys, in a time that does not depend on which key it is or how much of it is right.</summary>
internal static class AccessKeyVerifier
{
    /// <summary>The user name that goes with the cache's own access keys; an empty one stands for it, as connection artifacts give it.</summary>
    public static ReadOnlySpan<byte> DefaultUser => "default"u8;

    /// <summary>What a user and password open.</summary>
    /// <param name="route">The cache, with the keys that are valid now.</param>
    /// <param name="user">The user name; for <c>AUTH key</c> it is <see cref="DefaultUser"/>.</param>
    /// <param name="password">What was given as key.</param>
    /// <returns>The grant, or <c>null</c> where they open nothing.</returns>
    public static AccessGrant? Find(CacheRoute route, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        if (user.IsEmpty || user.SequenceEqual(DefaultUser))
        {
            return FindKey(route.AccessKeys, password) is { } own ? new AccessGrant(own, null) : null;
        }

        foreach (var known in route.Users)
        {
            if (Encoding.UTF8.GetByteCount(known.Name) == user.Length && Encoding.UTF8.GetBytes(known.Name).AsSpan().SequenceEqual(user))
            {
                return FindKey(known.AccessKeys, password) is { } key ? new AccessGrant(key, known.Name) : null;
            }
        }

        return null;
    }

    /// <summary>Whether what was opened once is still open: keys are replaced, users removed.</summary>
    /// <param name="route">The cache as it is now.</param>
    /// <param name="grant">The grant.</param>
    public static bool IsValid(CacheRoute route, AccessGrant grant)
    {
        var keys = grant.User is not { } user ? route.AccessKeys : route.Users.FirstOrDefault(known => known.Name == user)?.AccessKeys ?? [];
        return keys.Any(key => key.Id == grant.KeyId);
    }

    private static string? FindKey(ImmutableArray<AccessKeyDigest> keys, ReadOnlySpan<byte> password)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(password, digest);
        string? found = null;
        foreach (var key in keys)
        {
            if (CryptographicOperations.FixedTimeEquals(key.Sha256.AsSpan(), digest))
            {
                found = key.Id;
            }
        }

        return found;
    }
}
