using System.Collections.Immutable;

namespace Larder.Model.Specs;

/// <summary>The <c>access</c> section of a spec: users beyond <c>default</c>, and what they may do.</summary>
public sealed record AccessSpec
{
    /// <summary>The user's own access policies: permissions by name. The built-in ones (<see cref="AccessPolicies.BuiltIn"/>) are not among them.</summary>
    public ImmutableSortedDictionary<string, string> Policies { get; init => field = value.WithComparers(StringComparer.Ordinal); } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Users: the name of their policy by their own name. Each has two access keys of its own.</summary>
    public ImmutableSortedDictionary<string, string> Users { get; init => field = value.WithComparers(StringComparer.Ordinal); } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Compares by value: policies and users one by one.</summary>
    /// <param name="other">Another section.</param>
    /// <returns>Whether they ask for the same.</returns>
    public bool Equals(AccessSpec? other) => other is not null && Policies.SequenceEqual(other.Policies) && Users.SequenceEqual(other.Users);

    /// <inheritdoc/>
    public override int GetHashCode() => Policies.Concat(Users).Aggregate(0, (hash, entry) => HashCode.Combine(hash, entry.Key, entry.Value));

    /// <summary>What a user may do.</summary>
    /// <param name="user">The user's name.</param>
    /// <returns>The permissions; <c>null</c> where there is no such user, or its policy does not exist.</returns>
    public string? PermissionsOf(string user) => Users.TryGetValue(user, out var policy) ? AccessPolicies.Find(policy, Policies) : null;
}
