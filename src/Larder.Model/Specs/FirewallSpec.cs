using System.Collections.Immutable;

namespace Larder.Model.Specs;

/// <summary>The <c>firewall</c> section of a spec: from where clients may come. Without a rule they may come from everywhere that reaches the endpoint.</summary>
public sealed record FirewallSpec
{
    /// <summary>Ranges by the name of their rule, as <see cref="AddressRange.Parse"/> reads them.</summary>
    public ImmutableSortedDictionary<string, string> Rules { get; init => field = value.WithComparers(StringComparer.Ordinal); } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The ranges of all rules.</summary>
    /// <returns>The ranges, in the order of the rules' names.</returns>
    /// <exception cref="FormatException">A rule is no range; a spec that was read from a file has none such.</exception>
    public ImmutableArray<AddressRange> ToRanges() => [.. Rules.Select(rule =>
        AddressRange.Parse(rule.Value) ?? throw new FormatException($"firewall.{rule.Key} is '{rule.Value}', which is no range of addresses."))];

    /// <summary>Compares by value: rule by rule.</summary>
    /// <param name="other">Another section.</param>
    /// <returns>Whether they ask for the same.</returns>
    public bool Equals(FirewallSpec? other) => other is not null && Rules.SequenceEqual(other.Rules);

    /// <inheritdoc/>
    public override int GetHashCode() => Rules.Aggregate(0, (hash, rule) => HashCode.Combine(hash, rule.Key, rule.Value));
}
