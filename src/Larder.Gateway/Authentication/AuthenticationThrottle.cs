using System.Net;
using System.Net.Sockets;

namespace Larder.Gateway.Authentication;

/// <summary>
/// Slows down who fails to authenticate again and again: each address may fail so often at once, and then as often as failures are forgiven. Right keys
/// are never held up: an application with an old key must not lock out its neighbours behind the same address. Thread-safe.
/// </summary>
/// <param name="burst">How many failures an address has at once.</param>
/// <param name="forgiveness">How long until one of them is forgiven.</param>
/// <param name="clock">The clock.</param>
internal sealed class AuthenticationThrottle(int burst, TimeSpan forgiveness, TimeProvider clock)
{
    /// <summary>Whoever would have to wait for longer is disconnected: nobody may fill the gateway with those who wait.</summary>
    public static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>So many addresses are remembered; then those are forgotten whose failures are forgiven.</summary>
    private const int MaxAddresses = 16_384;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (double Failures, long At)> _addresses = [];

    /// <summary>Notes a failure.</summary>
    /// <param name="address">Where it came from.</param>
    /// <returns>How long the client must wait for its answer; <c>null</c> where it is to be disconnected.</returns>
    public TimeSpan? Fail(IPAddress address)
    {
        var now = clock.GetTimestamp();
        var place = Place(address);
        lock (_gate)
        {
            if (_addresses.Count >= MaxAddresses && !_addresses.ContainsKey(place))
            {
                Forget(now);
            }

            var failures = Left(_addresses.GetValueOrDefault(place, (0, now)), now) + 1;
            var delay = TimeSpan.FromTicks((long)(Math.Max(0, failures - burst) * forgiveness.Ticks));
            if (delay > LongestDelay)
            {
                return null; // It counts for nothing, so that the wait of the others does not grow.
            }

            if (_addresses.Count < MaxAddresses || _addresses.ContainsKey(place))
            {
                _addresses[place] = (failures, now);
            }

            return delay;
        }
    }

    /// <summary>A host has a whole /64 of IPv6 to itself.</summary>
    private static IPAddress Place(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private void Forget(long now)
    {
        foreach (var address in _addresses.Where(entry => Left(entry.Value, now) <= 0).Select(entry => entry.Key).ToList())
        {
            _addresses.Remove(address);
        }
    }

    private double Left((double Failures, long At) entry, long now) =>
        Math.Max(0, entry.Failures - (clock.GetElapsedTime(entry.At, now) / forgiveness));
}
