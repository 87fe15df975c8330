using System.Globalization;

namespace Larder.Model.Clusters;

/// <summary>A run of hash slots.</summary>
/// <param name="First">0..16383.</param>
/// <param name="Last">The last one, included; not below <paramref name="First"/>.</param>
public readonly record struct SlotRange(int First, int Last)
{
    /// <summary>All slots of a cluster. Source: Redis cluster specification.</summary>
    public const int Slots = 16_384;

    /// <summary>How many slots it has.</summary>
    public int Count => Last - First + 1;

    /// <summary>Whether a slot is in it.</summary>
    /// <param name="slot">0..16383.</param>
    /// <returns>Whether it is.</returns>
    public bool Contains(int slot) => slot >= First && slot <= Last;

    /// <summary>As the engines write it.</summary>
    /// <returns>Such as <c>0-5460</c>, or <c>7</c> for a single one.</returns>
    public override string ToString() => First == Last
        ? First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
