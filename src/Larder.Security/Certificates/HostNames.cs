using System.Net;
using System.Net.Sockets;

namespace Larder.Security.Certificates;

/// <summary>Finds the names of the host this program runs on.</summary>
public static class HostNames
{
    // The name service may be unreachable, and a cache must come up all the same.
    private static readonly TimeSpan LookUpLimit = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// <c>localhost</c>, 127.0.0.1, ::1, the machine's name, its full name where the name service says one within half a second, and the given address.
    /// </summary>
    /// <param name="privateAddress">The address the gateway listens on besides loopback, or <c>null</c>.</param>
    /// <param name="clock">Bounds the look-up.</param>
    /// <param name="cancellationToken">Stops the look-up.</param>
    /// <returns>The names. The full name may be missing at one call and there at the next; <see cref="RenewalDecider"/> allows for it.</returns>
    public static async Task<ServerNames> DiscoverAsync(IPAddress? privateAddress, TimeProvider clock, CancellationToken cancellationToken)
    {
        var machine = Environment.MachineName;
        return Combine(machine, await FindFullNameAsync(machine, clock, cancellationToken), privateAddress);
    }

    internal static ServerNames Combine(string machineName, string? fullName, IPAddress? privateAddress)
    {
        string[] candidates = fullName is null ? ["localhost", machineName] : ["localhost", machineName, fullName];
        IPAddress[] addresses = privateAddress is null || IsWildcard(privateAddress)
            ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
            : [IPAddress.Loopback, IPAddress.IPv6Loopback, privateAddress];
        // A machine may bear a name that is no DNS name; clients cannot use such a name either.
        return ServerNames.Create(candidates.Where(ServerNames.IsDnsName), addresses);
    }

    private static bool IsWildcard(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static async Task<string?> FindFullNameAsync(string machine, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LookUpLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return (await Dns.GetHostEntryAsync(machine, either.Token)).HostName;
        }
        catch (SocketException)
        {
            // The machine's name is unknown to the name service: it has no full name.
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
