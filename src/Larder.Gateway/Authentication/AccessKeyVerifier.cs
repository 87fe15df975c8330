using System.Collections.Immutable;
using System.Security.Cryptography;
using Larder.Model.Routing;

namespace Larder.Gateway.Authentication;

/// <summary>Compares what a client gives with the access keys, in a time that does not depend on which key it is or how much of it is right.</summary>
internal static class AccessKeyVerifier
{
    /// <summary>The only user name that goes with an access key; an empty one stands for it, as connection artifacts give it.</summary>
    public static ReadOnlySpan<byte> DefaultUser => "default"u8;

    /// <summary>Which key it is.</summary>
    /// <param name="keys">The keys that are valid now.</param>
    /// <param name="user">The user name; for <c>AUTH key</c> it is <see cref="DefaultUser"/>.</param>
    /// <param name="password">What was given as key.</param>
    /// <returns>The key's id, or <c>null</c> where it is none.</returns>
    public static string? FindKey(ImmutableArray<AccessKeyDigest> keys, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
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

        return user.IsEmpty || user.SequenceEqual(DefaultUser) ? found : null;
    }
}
