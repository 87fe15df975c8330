using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Larder.Compat.Doors;
using Larder.Compat.Wire;

namespace Larder.Compat.Load;

/// <summary>The server that is loaded: a TLS port on the loopback address, and a key.</summary>
/// <param name="options">The command line: <c>port</c>, <c>key</c> and <c>pid</c>.</param>
internal sealed class Server(Arguments options)
{
    public int Port { get; } = int.Parse(options.Get("port"), CultureInfo.InvariantCulture);

    public string Key { get; } = options.Get("key");

    public ProcessMemory Memory { get; } = new(int.Parse(options.Get("pid"), CultureInfo.InvariantCulture));

    /// <summary>A connection that has authenticated.</summary>
    public async Task<RespConnection> EnterAsync(int? receiveBuffer = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBuffer is { } bytes)
            {
                socket.ReceiveBufferSize = bytes;
            }

            await socket.ConnectAsync(IPAddress.Loopback, Port);
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = TestDoor.ServerName,
#pragma warning disable CA5359 // The certificate was made for the occasion.
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
#pragma warning restore CA5359
            });
            var connection = new RespConnection(tls);
            await connection.ExpectAsync("+OK", "AUTH", Key);
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
