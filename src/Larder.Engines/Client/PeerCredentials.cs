using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Larder.Engines.Client;

/// <summary>Asks the kernel who is at the other end of a unix socket.</summary>
internal static class PeerCredentials
{
    // <sys/socket.h> of Linux: struct ucred { pid, uid, gid }.
    private const int SocketLevel = 1;
    private const int PeerCredentialsOption = 17;
    private const int CredentialBytes = 12;

    /// <summary>The process that listens at the other end.</summary>
    /// <param name="socket">A connected unix socket.</param>
    /// <returns>Its process id, or <c>null</c> where the system does not tell.</returns>
    public static int? ProcessIdOf(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> credentials = stackalloc byte[CredentialBytes];
        var length = socket.GetRawSocketOption(SocketLevel, PeerCredentialsOption, credentials);
        return length < sizeof(int) ? null : MemoryMarshal.Read<int>(credentials);
    }
}
