using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Larder.Host.Daemon;

/// <summary>The loopback addresses that this host has: a host without IPv6 has no <c>::1</c>.</summary>
internal static class LoopbackAddresses
{
    /// <summary>Finds them.</summary>
    /// <returns>127.0.0.1, and ::1 where it can be listened on.</returns>
    public static ImmutableArray<IPAddress> Find()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            return [IPAddress.Loopback, IPAddress.IPv6Loopback];
        }
        catch (SocketException exception) when (exception.SocketErrorCode
            is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable or SocketError.ProtocolFamilyNotSupported)
        {
            return [IPAddress.Loopback];
        }
    }
}
