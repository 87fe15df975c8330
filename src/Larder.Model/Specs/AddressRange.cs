using System.Net;

namespace Larder.Model.Specs;

/// <summary>A range of addresses that a firewall rule admits, both ends included; both ends are of one family.</summary>
/// <param name="First">The first address.</param>
/// <param name="Last">The last address; not before <paramref name="First"/>.</param>
public sealed record AddressRange(IPAddress First, IPAddress Last)
{
    /// <summary>Reads a range.</summary>
    /// <param name="text"><c>10.0.0.5</c>, <c>10.0.0.5-10.0.0.9</c> or <c>10.0.0.0/24</c>; IPv6 likewise.</param>
    /// <returns>The range; <c>null</c> where it is none.</returns>
    public static AddressRange? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Contains('/', StringComparison.Ordinal))
        {
            return IPNetwork.TryParse(text, out var network) ? Of(network) : null;
        }

        var ends = text.Split('-');
        return ends.Length <= 2
            && AddressScope.Parse(ends[0].Trim()) is { } first && AddressScope.Parse(ends[^1].Trim()) is { } last
            && first.AddressFamily == last.AddressFamily && Compare(first.GetAddressBytes(), last.GetAddressBytes()) <= 0
                ? new AddressRange(first, last)
                : null;
    }

    /// <summary>Whether an address is in it.</summary>
    /// <param name="address">The address; an IPv4 address in IPv6 form counts as the IPv4 address.</param>
    /// <returns>Whether it is.</returns>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var bytes = plain.GetAddressBytes();
        return plain.AddressFamily == First.AddressFamily && Compare(First.GetAddressBytes(), bytes) <= 0 && Compare(bytes, Last.GetAddressBytes()) <= 0;
    }

    private static AddressRange Of(IPNetwork network)
    {
        var last = network.BaseAddress.GetAddressBytes();
        for (var bit = network.PrefixLength; bit < last.Length * 8; bit++)
        {
            last[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return new AddressRange(network.BaseAddress, new IPAddress(last));
    }

    private static int Compare(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => one.SequenceCompareTo(other);
}
