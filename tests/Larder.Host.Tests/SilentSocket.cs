using System.Net.Sockets;
using Larder.Model.Installation;

namespace Larder.Host.Tests;

/// <summary>A management socket that takes connections and never answers, as a hung daemon does.</summary>
internal sealed class SilentSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public SilentSocket(LarderHome home)
    {
        File.Delete(home.ApiSocket);
        _socket.Bind(new UnixDomainSocketEndPoint(home.ApiSocket));
        _socket.Listen();
    }

    public void Dispose() => _socket.Dispose();
}
