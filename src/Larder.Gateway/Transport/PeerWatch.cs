using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Larder.Gateway.Transport;

/// <summary>
/// Tells that a client has ended its connection although there are bytes before the end that nobody can read yet. Where there are none, a read tells.
/// </summary>
internal static class PeerWatch
{
    private const short ReadHangUp = 0x2000;
    private const short Error = 0x8;
    private const short HangUp = 0x10;

    /// <summary>Looks once.</summary>
    /// <param name="socket">The client's.</param>
    /// <returns>Whether it has ended the connection, or the connection is broken.</returns>
    public static bool HasLeft(Socket socket)
    {
        var handle = socket.SafeHandle;
        var added = false;
        try
        {
            handle.DangerousAddRef(ref added);
            var watched = new Watched { Descriptor = (int)handle.DangerousGetHandle(), Events = ReadHangUp };
            return Poll(ref watched, 1, 0) > 0 && (watched.Happened & (ReadHangUp | Error | HangUp)) != 0;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
        finally
        {
            if (added)
            {
                handle.DangerousRelease();
            }
        }
    }

    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref Watched watched, nuint count, int timeoutMs);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Watched
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}
