using System.Net;
using System.Net.Sockets;

namespace Larder.Chaos.Installations;

/// <summary>Ports that nobody listens on, below those of engines and those that the kernel gives to outgoing connections; each is handed out once in this process.</summary>
internal static class FreePort
{
    private static int _next = 16_000 + (Environment.ProcessId % 1000);

    public static int Take()
    {
        while (true)
        {
            var port = Interlocked.Increment(ref _next);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody else's: the next one.
            }
        }
    }

    /// <summary>The first of several ports in a row.</summary>
    public static int TakeRun(int length)
    {
        while (true)
        {
            var first = Take();
            var last = first;
            while (last < first + length - 1 && Take() == last + 1)
            {
                last++;
            }

            if (last == first + length - 1)
            {
                return first;
            }
        }
    }
}
