using System.Globalization;

namespace Larder.Controller.Caches;

/// <summary>How the 16,384 hash slots are spread over shards: evenly, the first shards getting one more where it does not divide.</summary>
internal static class SlotRanges
{
    /// <summary>All slots of a cluster. Source: Redis cluster specification.</summary>
    public const int Slots = 16_384;

    /// <summary>A shard's range.</summary>
    /// <param name="shard">0-based.</param>
    /// <param name="shards">How many there are.</param>
    /// <returns>Such as <c>0-16383</c>.</returns>
    public static string Of(int shard, int shards)
    {
        var (size, rest) = Math.DivRem(Slots, shards);
        var first = (shard * size) + Math.Min(shard, rest);
        var last = first + size - 1 + (shard < rest ? 1 : 0);
        return string.Create(CultureInfo.InvariantCulture, $"{first}-{last}");
    }
}
