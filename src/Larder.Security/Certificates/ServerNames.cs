using System.Collections.Immutable;
using System.Net;

namespace Larder.Security.Certificates;

/// <summary>The names and addresses under which clients reach a server: what its certificate must cover. Immutable.</summary>
public sealed class ServerNames
{
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;

    private ServerNames(ImmutableArray<string> dnsNames, ImmutableArray<IPAddress> addresses)
    {
        DnsNames = dnsNames;
        Addresses = addresses;
    }

    /// <summary>DNS names in lower case without a final dot, each once, in the order given; may be empty.</summary>
    public ImmutableArray<string> DnsNames { get; }

    /// <summary>IP addresses, each once, in the order given; may be empty.</summary>
    public ImmutableArray<IPAddress> Addresses { get; }

    /// <summary>Names and addresses in their normal form.</summary>
    /// <param name="dnsNames">DNS names in any case.</param>
    /// <param name="addresses">IP addresses; an IPv4 address mapped to IPv6 becomes IPv4 again.</param>
    /// <returns>The names.</returns>
    /// <exception cref="ArgumentException">A name is no DNS name, or nothing was given at all.</exception>
    public static ServerNames Create(IEnumerable<string> dnsNames, IEnumerable<IPAddress> addresses)
    {
        var given = dnsNames.ToList();
        if (given.Find(name => !IsDnsName(Normalise(name))) is { } bad)
        {
            throw new ArgumentException($"'{bad}' is not a DNS name: labels of 1 to 63 letters, digits, '-' or '_', joined by dots.", nameof(dnsNames));
        }

        var names = given.Select(Normalise).Distinct().ToImmutableArray();
        var normalAddresses = addresses.Select(Normalise).Distinct().ToImmutableArray();
        if (names.IsEmpty && normalAddresses.IsEmpty)
        {
            throw new ArgumentException("A server needs at least one name or address.", nameof(dnsNames));
        }

        return new ServerNames(names, normalAddresses);
    }

    /// <summary>These names and more DNS names, which come first.</summary>
    /// <param name="dnsNames">For example a cache's own host name.</param>
    /// <returns>All of them.</returns>
    /// <exception cref="ArgumentException">A name is no DNS name.</exception>
    public ServerNames WithFirst(params IEnumerable<string> dnsNames) => Create(dnsNames.Concat(DnsNames), Addresses);

    /// <summary>Whether a text can stand in a certificate as a DNS name.</summary>
    /// <param name="name">A name in any case.</param>
    /// <returns><c>true</c> for dot-joined labels of 1 to 63 letters, digits, inner hyphens and underscores; at most 253 characters.</returns>
    public static bool IsDnsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && !IPAddress.TryParse(name, out _) && Array.TrueForAll(name.Split('.'), IsLabel);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", DnsNames.Concat(Addresses.Select(address => address.ToString())));

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= MaxLabelLength && label[0] != '-' && label[^1] != '-'
        && label.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_');

    private static string Normalise(string name) => name.Trim().TrimEnd('.').ToLowerInvariant();

    private static IPAddress Normalise(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        // A zone (fe80::1%eth0) is local to a machine and has no place in a certificate.
        return plain.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? new IPAddress(plain.GetAddressBytes()) : plain;
    }
}
