using System.Net;
using System.Net.Sockets;

namespace Larder.Controller.Caches;

/// <summary>
/// Finds free ports for the engines' replication listeners. A port is free where nobody listens and no node of this installation has it.
/// </summary>
internal static class PortAllocator
{
    /// <summary>The first port of the range: below the ephemeral range of Linux (32768 …), above the gateway's node ports.</summary>
    public const int First = 20_000;

    /// <summary>The last port of the range.</summary>
    public const int Last = 29_999;

    /// <summary>Finds free ports.</summary>
    /// <param name="address">The address they are to be free on.</param>
    /// <param name="count">How many.</param>
    /// <param name="taken">Ports that nodes have, running or not.</param>
    /// <param name="random">Where to begin looking, so that two installations on one host do not race for the same ports.</param>
    /// <returns>The ports.</returns>
    /// <exception cref="InvalidOperationException">The range is exhausted.</exception>
    public static IReadOnlyList<int> Find(IPAddress address, int count, IReadOnlySet<int> taken, Random random)
    {
        var found = new List<int>(count);
        var size = Last - First + 1;
        var begin = random.Next(size);
        for (var i = 0; i < size && found.Count < count; i++)
        {
            var port = First + ((begin + i) % size);
            if (!taken.Contains(port) && IsFree(address, port))
            {
                found.Add(port);
            }
        }

        return found.Count == count
            ? found
            : throw new InvalidOperationException($"There are not {count} free ports between {First} and {Last} on {address}. Stop what uses them, or delete a cache.");
    }

    /// <summary>Whether a listener can be opened.</summary>
    /// <param name="address">An address of this host.</param>
    /// <param name="port">1..65535.</param>
    /// <returns>False where another process has the port.</returns>
    public static bool IsFree(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
