using System.Net;
using System.Net.Sockets;

namespace Larder.EndToEnd.Tests.Harness;

/// <summary>Ports that nobody listens on; each is handed out once in this process.</summary>
internal static class FreePort
{
    private static int _next = 30_000 + (Environment.ProcessId % 1000);

    public static int Take()
    {
        while (true)
        {
            var port = Interlocked.Increment(ref _next);
            using var v4 = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                v4.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody else's: the next one.
            }
        }
    }
}
