using System.Collections.Immutable;
using System.Globalization;

namespace Larder.Model.Clusters;

/// <summary>Which shard has which hash slot. Immutable; compared by content.</summary>
public sealed class SlotMap : IEquatable<SlotMap>
{
    private const sbyte Nobody = -1;

    private readonly sbyte[] _owners;

    private SlotMap(sbyte[] owners) => _owners = owners;

    /// <summary>The map in which nobody has a slot.</summary>
    public static SlotMap Empty { get; } = new(Enumerable.Repeat(Nobody, SlotRange.Slots).ToArray());

    /// <summary>All slots spread evenly: in runs, the first shards having one more where it does not divide.</summary>
    /// <param name="shards">How many there are, 1..127.</param>
    /// <returns>The map.</returns>
    public static SlotMap Even(int shards)
    {
        var owners = new sbyte[SlotRange.Slots];
        var (size, rest) = Math.DivRem(SlotRange.Slots, shards);
        var slot = 0;
        for (var shard = 0; shard < shards; shard++)
        {
            var end = slot + size + (shard < rest ? 1 : 0);
            owners.AsSpan(slot..end).Fill((sbyte)shard);
            slot = end;
        }

        return new SlotMap(owners);
    }

    /// <summary>Reads what <see cref="Format"/> wrote for each shard.</summary>
    /// <param name="shards">The texts by shard.</param>
    /// <returns>The map.</returns>
    /// <exception cref="FormatException">A text is none of these, or a slot is named twice.</exception>
    public static SlotMap Parse(IEnumerable<KeyValuePair<int, string>> shards)
    {
        ArgumentNullException.ThrowIfNull(shards);
        var owners = (sbyte[])Empty._owners.Clone();
        foreach (var (shard, text) in shards)
        {
            foreach (var range in Ranges(text))
            {
                for (var slot = range.First; slot <= range.Last; slot++)
                {
                    owners[slot] = owners[slot] == Nobody ? (sbyte)shard : throw new FormatException($"Slot {slot} has two shards, {owners[slot]} and {shard}.");
                }
            }
        }

        return new SlotMap(owners);
    }

    /// <summary>Reads ranges as the engines write them, separated by commas or blanks.</summary>
    /// <param name="text">Such as <c>0-99,7000</c>; may be empty.</param>
    /// <returns>The ranges, in their order.</returns>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static ImmutableArray<SlotRange> Ranges(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ranges = ImmutableArray.CreateBuilder<SlotRange>();
        foreach (var part in text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = part.IndexOf('-');
            if (!int.TryParse(dash < 0 ? part : part[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(dash < 0 ? part : part[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                || last < first || last >= SlotRange.Slots)
            {
                throw new FormatException($"'{part}' is no range of hash slots.");
            }

            ranges.Add(new SlotRange(first, last));
        }

        return ranges.ToImmutable();
    }

    /// <summary>Puts slots together to ranges.</summary>
    /// <param name="slots">The slots, ascending.</param>
    /// <returns>Ranges, ascending, without neighbours that touch.</returns>
    public static ImmutableArray<SlotRange> RangesOf(IEnumerable<int> slots)
    {
        ArgumentNullException.ThrowIfNull(slots);
        var ranges = ImmutableArray.CreateBuilder<SlotRange>();
        foreach (var slot in slots)
        {
            if (ranges.Count > 0 && ranges[^1].Last == slot - 1)
            {
                ranges[^1] = ranges[^1] with { Last = slot };
            }
            else
            {
                ranges.Add(new SlotRange(slot, slot));
            }
        }

        return ranges.ToImmutable();
    }

    /// <summary>The shard that has a slot.</summary>
    /// <param name="slot">0..16383.</param>
    /// <returns>Its id, or <c>null</c> where nobody has it.</returns>
    public int? OwnerOf(int slot) => _owners[slot] == Nobody ? null : _owners[slot];

    /// <summary>A shard's slots.</summary>
    /// <param name="shard">Its id.</param>
    /// <returns>Ascending.</returns>
    public IEnumerable<int> SlotsOf(int shard)
    {
        for (var slot = 0; slot < _owners.Length; slot++)
        {
            if (_owners[slot] == shard)
            {
                yield return slot;
            }
        }
    }

    /// <summary>A shard's slots as ranges.</summary>
    /// <param name="shard">Its id.</param>
    /// <returns>Ascending, without neighbours that touch.</returns>
    public ImmutableArray<SlotRange> Of(int shard) => RangesOf(SlotsOf(shard));

    /// <summary>How many slots a shard has.</summary>
    /// <param name="shard">Its id.</param>
    /// <returns>0..16384.</returns>
    public int CountOf(int shard) => _owners.AsSpan().Count((sbyte)shard);

    /// <summary>The map with slots given to other shards.</summary>
    /// <param name="moves">Who gets what.</param>
    /// <returns>A new map.</returns>
    public SlotMap With(IEnumerable<SlotMove> moves)
    {
        ArgumentNullException.ThrowIfNull(moves);
        var owners = (sbyte[])_owners.Clone();
        foreach (var move in moves)
        {
            owners[move.Slot] = (sbyte)move.To;
        }

        return new SlotMap(owners);
    }

    /// <summary>A shard's slots as text.</summary>
    /// <param name="shard">Its id.</param>
    /// <returns>Such as <c>0-5460,7000</c>; empty where it has none.</returns>
    public string Format(int shard) => string.Join(',', Of(shard));

    /// <inheritdoc/>
    public bool Equals(SlotMap? other) => other is not null && _owners.AsSpan().SequenceEqual(other._owners);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SlotMap);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(_owners.AsSpan()));
        return hash.ToHashCode();
    }
}
