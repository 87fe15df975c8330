namespace Larder.Compat.Load;

/// <summary>OpenSSL's settings of a client that trusts everybody.</summary>
internal sealed class NativeTlsContext : IDisposable
{
    private readonly nint _context = ClientOpenSsl.NewContext(ClientOpenSsl.ClientMethod());

    /// <summary>Does a handshake on a socket that blocks.</summary>
    /// <returns>The connection, to be freed by the caller.</returns>
    public nint Connect(int descriptor)
    {
        var ssl = ClientOpenSsl.New(_context);
        if (ClientOpenSsl.SetDescriptor(ssl, descriptor) != 1 || ClientOpenSsl.Connect(ssl) != 1)
        {
            ClientOpenSsl.Free(ssl);
            throw new InvalidOperationException("There was no TLS handshake.");
        }

        return ssl;
    }

    public void Dispose() => ClientOpenSsl.FreeContext(_context);
}
