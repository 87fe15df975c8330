using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Larder.Model;
using Larder.Model.Routing;

namespace Larder.Security.Keys;

/// <summary>One value of one access key.</summary>
/// <param name="Value">The key, in the form of <see cref="AccessKeyGenerator"/>.</param>
/// <param name="Generation">1 for the first value, one more at each regeneration.</param>
public sealed record AccessKey(Secret Value, int Generation)
{
    /// <summary>What the gateway gets of it.</summary>
    /// <param name="name">Which key this is.</param>
    /// <returns>The digest, with an id such as <c>primary-3</c>.</returns>
    public AccessKeyDigest ToDigest(AccessKeyName name)
    {
        var prefix = name == AccessKeyName.Primary ? "primary-" : "secondary-";
        return new AccessKeyDigest(
            prefix + Generation.ToString(CultureInfo.InvariantCulture),
            ImmutableArray.Create(SHA256.HashData(Encoding.UTF8.GetBytes(Value.Reveal()))));
    }
}
