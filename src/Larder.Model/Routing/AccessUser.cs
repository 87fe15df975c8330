using System.Collections.Immutable;

namespace Larder.Model.Routing;

/// <summary>A user beyond <c>default</c>, as the gateway knows it. What it may do is the engine's to enforce, which has a user of the same name.</summary>
/// <param name="Name">The user's name, in the engine too.</param>
/// <param name="AccessKeys">Digests of its access keys that are valid now; their ids are unlike those of every other user.</param>
public sealed record AccessUser(string Name, ImmutableArray<AccessKeyDigest> AccessKeys)
{
    /// <summary>Compares by value: by the ids of the keys.</summary>
    /// <param name="other">Another user.</param>
    /// <returns>Whether both are the same with the same keys.</returns>
    public bool Equals(AccessUser? other) =>
        other is not null && Name == other.Name && AccessKeys.Select(key => key.Id).SequenceEqual(other.AccessKeys.Select(key => key.Id));

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Name);
}
