using System.Runtime.InteropServices;

namespace Larder.Compat.Load;

/// <summary>What a client needs of OpenSSL 3 (<c>ssl.h</c>).</summary>
internal static unsafe partial class ClientOpenSsl
{
    public const int WantRead = 2;

    private const string Ssl = "libssl.so.3";

    [LibraryImport(Ssl, EntryPoint = "TLS_client_method")]
    public static partial nint ClientMethod();

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_new")]
    public static partial nint NewContext(nint method);

    [LibraryImport(Ssl, EntryPoint = "SSL_CTX_free")]
    public static partial void FreeContext(nint context);

    [LibraryImport(Ssl, EntryPoint = "SSL_new")]
    public static partial nint New(nint context);

    [LibraryImport(Ssl, EntryPoint = "SSL_free")]
    public static partial void Free(nint ssl);

    [LibraryImport(Ssl, EntryPoint = "SSL_set_fd")]
    public static partial int SetDescriptor(nint ssl, int descriptor);

    [LibraryImport(Ssl, EntryPoint = "SSL_connect")]
    public static partial int Connect(nint ssl);

    [LibraryImport(Ssl, EntryPoint = "SSL_read")]
    public static partial int Read(nint ssl, byte* buffer, int length);

    [LibraryImport(Ssl, EntryPoint = "SSL_write")]
    public static partial int Write(nint ssl, byte* buffer, int length);

    [LibraryImport(Ssl, EntryPoint = "SSL_get_error")]
    public static partial int GetError(nint ssl, int result);
}
