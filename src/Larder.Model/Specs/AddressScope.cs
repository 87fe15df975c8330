using System.Net;
using System.Net.Sockets;

namespace Larder.Model.Specs;

/// <summary>Tells private addresses from public ones.</summary>
public static class AddressScope
{
    private static readonly IPNetwork[] PrivateNetworks =
    [
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("100.64.0.0/10"),
        IPNetwork.Parse("::1/128"),
        IPNetwork.Parse("fc00::/7"),
        IPNetwork.Parse("fe80::/10"),
    ];

    /// <summary>
    /// Whether listening on an address may serve clients of public networks: every address but loopback, private (RFC 1918, RFC 4193),
    /// link-local and shared (100.64.0.0/10) ones. The unspecified addresses <c>0.0.0.0</c> and <c>::</c> stand for all interfaces and
    /// count as public.
    /// </summary>
    /// <param name="address">The address; an IPv4-mapped IPv6 address is judged as the IPv4 address.</param>
    /// <returns>Whether it is public.</returns>
    public static bool IsPublic(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var judged = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : WithoutScope(address);
        return !PrivateNetworks.Any(network => network.Contains(judged));
    }

    /// <summary>Reads an address as specs write it: IPv4 with four decimal parts, or IPv6, optionally with a scope.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The address, or <c>null</c> where the text is none.</returns>
    public static IPAddress? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!IPAddress.TryParse(text, out var address) || text.StartsWith('['))
        {
            return null;
        }

        // The framework also reads "1", "0x7f.1" and "010.0.0.1" (octal); in a file these are mistakes.
        return address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != text ? null : address;
    }

    private static IPAddress WithoutScope(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? new IPAddress(address.GetAddressBytes()) : address;
}
