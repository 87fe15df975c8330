using System.Net;
using System.Net.Sockets;

namespace Larder.EndToEnd.Tests.Harness;

/// <summary>Ports that nobody listens on; each is handed out once in this process.</summary>
internal static class FreePort
{
    private static int _next = 30_000 + (Environment.ProcessId % 1000);

    public static int Take() => TakeRun(1);

    /// <summary>Takes ports in a row.</summary>
    public static int TakeRun(int count)
    {
        while (true)
        {
            var first = Interlocked.Add(ref _next, count) - count + 1;
            if (Enumerable.Range(first, count).All(IsFree))
            {
                return first;
            }
        }
    }

    private static bool IsFree(int port)
    {
        using var v4 = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            v4.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
