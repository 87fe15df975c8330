using System.Collections.Immutable;
using System.Security.Cryptography;
using Larder.Model.Routing;

namespace Larder.Security.Keys;

/// <summary>A cache's two access keys, both valid at the same time, so that clients move to one while the other is regenerated. Immutable.</summary>
/// <param name="Primary">The primary key.</param>
/// <param name="Secondary">The secondary key.</param>
public sealed record AccessKeyPair(AccessKey Primary, AccessKey Secondary)
{
    /// <summary>Two fresh keys, each of generation 1.</summary>
    /// <param name="random">The cryptographic generator; <c>null</c> for the system's.</param>
    /// <returns>The pair.</returns>
    public static AccessKeyPair Create(RandomNumberGenerator? random = null) =>
        new(new AccessKey(AccessKeyGenerator.Create(random), 1), new AccessKey(AccessKeyGenerator.Create(random), 1));

    /// <summary>Replaces one key by a fresh one of the next generation; the other stays as it is.</summary>
    /// <param name="which">The key to replace.</param>
    /// <param name="random">The cryptographic generator; <c>null</c> for the system's.</param>
    /// <returns>The new pair.</returns>
    public AccessKeyPair Regenerate(AccessKeyName which, RandomNumberGenerator? random = null)
    {
        var fresh = new AccessKey(AccessKeyGenerator.Create(random), this[which].Generation + 1);
        return which == AccessKeyName.Primary ? this with { Primary = fresh } : this with { Secondary = fresh };
    }

    /// <summary>The key of that name.</summary>
    /// <param name="which">Which key.</param>
    public AccessKey this[AccessKeyName which] => which switch
    {
        AccessKeyName.Primary => Primary,
        AccessKeyName.Secondary => Secondary,
        _ => throw new ArgumentOutOfRangeException(nameof(which), which, "There are two access keys: primary and secondary."),
    };

    /// <summary>The digests that the gateway checks clients against.</summary>
    /// <returns>Primary first, then secondary.</returns>
    public ImmutableArray<AccessKeyDigest> ToDigests() =>
        [Primary.ToDigest(AccessKeyName.Primary), Secondary.ToDigest(AccessKeyName.Secondary)];
}
