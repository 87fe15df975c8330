using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Larder.Gateway.Transport.Native;

namespace Larder.Gateway.Transport.Tls;

/// <summary>
/// A certificate with its key as OpenSSL uses it, and the product's choices of protocol: TLS 1.2 and 1.3, no renegotiation, no compression. Connections that
/// were begun with it live on when it is finalized. Thread-safe.
/// </summary>
internal sealed unsafe class TlsContext : SafeHandle
{
    /// <summary>AES alone, as the original offers; the faster one first.</summary>
    private const string CipherSuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";

    private TlsContext(nint context)
        : base(0, ownsHandle: true) => SetHandle(context);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Makes a context.</summary>
    /// <param name="certificate">The certificate with its private key, which must be exportable.</param>
    /// <param name="chain">Certificates between it and its root.</param>
    /// <returns>The context.</returns>
    /// <exception cref="TlsException">OpenSSL refuses the certificate or its key.</exception>
    /// <exception cref="CryptographicException">The private key cannot be had.</exception>
    public static TlsContext Create(X509Certificate2 certificate, IEnumerable<X509Certificate2> chain)
    {
        OpenSsl.ClearErrors();
        var context = new TlsContext(OpenSsl.NewContext(OpenSsl.ServerMethod()));
        try
        {
            Require(!context.IsInvalid);
            context.Configure();
            Use(certificate.RawData, one => OpenSsl.UseCertificate(context.handle, one) == 1);
            foreach (var issuer in chain.Where(issuer => issuer.Subject != issuer.Issuer))
            {
                Use(issuer.RawData, one => OpenSsl.ControlContext(context.handle, OpenSsl.ControlChainCertificate, 1, one) == 1);
            }

            context.UseKey(certificate);
            return context;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Makes the object of a new connection.</summary>
    /// <exception cref="TlsException">There is no memory for it.</exception>
    public nint NewConnection()
    {
        var added = false;
        try
        {
            DangerousAddRef(ref added);
            var ssl = OpenSsl.New(handle);
            return ssl != 0 ? ssl : throw new TlsException(OpenSsl.TakeErrorText());
        }
        finally
        {
            if (added)
            {
                DangerousRelease();
            }
        }
    }

    /// <summary>Has a connection whose client has named this context's server go on with it.</summary>
    /// <param name="ssl">The connection.</param>
    public void TakeOver(nint ssl)
    {
        var added = false;
        try
        {
            DangerousAddRef(ref added);
            OpenSsl.SetContext(ssl, handle);
        }
        finally
        {
            if (added)
            {
                DangerousRelease();
            }
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        OpenSsl.FreeContext(handle); // OpenSSL counts: connections keep it.
        return true;
    }

    private void Configure()
    {
        Require(OpenSsl.ControlContext(handle, OpenSsl.ControlMinProtocol, OpenSsl.Tls12, 0) == 1);
        Require(OpenSsl.ControlContext(handle, OpenSsl.ControlMaxProtocol, OpenSsl.Tls13, 0) == 1);
        Require(OpenSsl.SetCipherSuites(handle, CipherSuites) == 1);
        OpenSsl.SetOptions(
            handle,
            OpenSsl.OptionIgnoreUnexpectedEnd | OpenSsl.OptionNoCompression | OpenSsl.OptionServerPreference | OpenSsl.OptionNoRenegotiation);

        // An idle connection keeps no buffers.
        OpenSsl.ControlContext(handle, OpenSsl.ControlMode, OpenSsl.ModePartialWrite | OpenSsl.ModeMovingBuffer | OpenSsl.ModeReleaseBuffers, 0);
        OpenSsl.ControlContext(handle, OpenSsl.ControlReadAhead, 1, 0);

        // Clients come again by tickets; the server keeps nothing of them.
        OpenSsl.ControlContext(handle, OpenSsl.ControlSessionCacheMode, 0, 0);
        Require(OpenSsl.SetTickets(handle, 1) == 1);
        fixed (byte* id = "larder"u8)
        {
            Require(OpenSsl.SetSessionIdContext(handle, id, 6) == 1);
        }

        OpenSsl.ControlContextCallback(handle, OpenSsl.CallbackServerName, (nint)(delegate* unmanaged[Cdecl]<nint, int*, void*, int>)&TlsSession.OnServerName);
    }

    private void UseKey(X509Certificate2 certificate)
    {
        using var rsa = certificate.GetRSAPrivateKey();
        using var ecdsa = rsa is null ? certificate.GetECDsaPrivateKey() : null;
        var bytes = rsa?.ExportPkcs8PrivateKey() ?? ecdsa?.ExportPkcs8PrivateKey()
            ?? throw new TlsException("the certificate has no RSA or EC private key");
        try
        {
            fixed (byte* start = bytes)
            {
                var at = start;
                var key = OpenSsl.ReadPrivateKey(0, &at, bytes.Length);
                Require(key != 0);
                var used = OpenSsl.UsePrivateKey(handle, key);
                OpenSsl.FreeKey(key);
                Require(used == 1 && OpenSsl.CheckPrivateKey(handle) == 1);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static void Use(byte[] bytes, Func<nint, bool> use)
    {
        fixed (byte* start = bytes)
        {
            var at = start;
            var certificate = OpenSsl.ReadCertificate(0, &at, bytes.Length);
            Require(certificate != 0);
            var used = use(certificate);
            OpenSsl.FreeCertificate(certificate);
            Require(used);
        }
    }

    private static void Require(bool done)
    {
        if (!done)
        {
            throw new TlsException(OpenSsl.TakeErrorText());
        }
    }
}
