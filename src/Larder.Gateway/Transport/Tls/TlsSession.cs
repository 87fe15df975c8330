using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Larder.Gateway.Transport.Native;

namespace Larder.Gateway.Transport.Tls;

/// <summary>The server's side of one TLS connection, over a socket that does not block. One thread at a time.</summary>
internal sealed unsafe class TlsSession : IDisposable
{
    private const int Again = -1;
    private const int Broken = -2;

    [ThreadStatic]
    private static Func<string?, TlsContext?>? _choose;

    private nint _ssl;
    private bool _failed;

    /// <summary>Begins.</summary>
    /// <param name="context">The context, until the client has named a server.</param>
    /// <param name="descriptor">The socket.</param>
    /// <exception cref="TlsException">There is no memory for it.</exception>
    public TlsSession(TlsContext context, int descriptor)
    {
        _ssl = context.NewConnection();
        if (OpenSsl.SetDescriptor(_ssl, descriptor) != 1)
        {
            Dispose();
            throw new TlsException(OpenSsl.TakeErrorText());
        }
    }

    /// <summary>Whether bytes have been taken from the socket that are not read yet.</summary>
    public bool HasPending => OpenSsl.HasPending(_ssl) != 0;

    /// <summary>Goes on with the handshake.</summary>
    /// <param name="choose">Gives the context for a server name.</param>
    /// <returns>How far it came.</returns>
    /// <exception cref="TlsException">It failed.</exception>
    public TlsProgress Accept(Func<string?, TlsContext?> choose)
    {
        OpenSsl.ClearErrors();
        _choose = choose;
        var result = OpenSsl.Accept(_ssl);
        _choose = null;
        if (result == 1)
        {
            return TlsProgress.Done;
        }

        var error = OpenSsl.GetError(_ssl, result);
        if (error is OpenSsl.WantRead or OpenSsl.WantWrite)
        {
            return error == OpenSsl.WantRead ? TlsProgress.WantRead : TlsProgress.WantWrite;
        }

        _failed = true;
        throw new TlsException(OpenSsl.TakeErrorText());
    }

    /// <summary>Reads.</summary>
    /// <param name="buffer">Where to; not empty.</param>
    /// <param name="progress">Where nothing was read: what is waited for.</param>
    /// <param name="problem">Gets why it broke.</param>
    /// <returns>How many bytes; 0 at the end; -1 where more must happen first; -2 where it broke.</returns>
    public int Read(Span<byte> buffer, out TlsProgress progress, ref string problem)
    {
        OpenSsl.ClearErrors();
        int count;
        fixed (byte* start = buffer)
        {
            count = OpenSsl.Read(_ssl, start, buffer.Length);
        }

        progress = TlsProgress.Done;
        return count > 0 ? count : Told(count, ref progress, ref problem);
    }

    /// <summary>Writes.</summary>
    /// <param name="bytes">The bytes; not empty. After -1 the same ones must come again first.</param>
    /// <param name="problem">Gets why it broke.</param>
    /// <returns>How many were taken; -1 where the system must take more first; -2 where it broke.</returns>
    public int Write(ReadOnlySpan<byte> bytes, ref string problem)
    {
        OpenSsl.ClearErrors();
        int count;
        fixed (byte* start = bytes)
        {
            count = OpenSsl.Write(_ssl, start, bytes.Length);
        }

        var progress = TlsProgress.Done;
        if (count > 0)
        {
            return count;
        }

        var told = Told(count, ref progress, ref problem);
        return told == 0 ? Broken : told;
    }

    /// <summary>Says that nothing more will be written, where that can still be said.</summary>
    public void SayGoodbye()
    {
        if (!_failed)
        {
            OpenSsl.ClearErrors();
            _ = OpenSsl.Shutdown(_ssl);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ssl != 0)
        {
            OpenSsl.Free(_ssl);
            _ssl = 0;
        }
    }

    /// <summary>OpenSSL asks which certificate a client is to see. Called within <see cref="Accept"/>, on the same thread.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int OnServerName(nint ssl, int* alert, void* argument)
    {
        const int accepted = 0;
        const int refused = 2;
        const int unrecognizedName = 112;
        var name = OpenSsl.GetServerName(ssl, 0);
        if (_choose?.Invoke(name is null ? null : Marshal.PtrToStringUTF8((nint)name)) is not { } context)
        {
            *alert = unrecognizedName;
            return refused;
        }

        context.TakeOver(ssl);
        return accepted;
    }

    private int Told(int result, ref TlsProgress progress, ref string problem)
    {
        var system = Marshal.GetLastPInvokeError();
        switch (OpenSsl.GetError(_ssl, result))
        {
            case OpenSsl.WantRead:
                progress = TlsProgress.WantRead;
                return Again;
            case OpenSsl.WantWrite:
                progress = TlsProgress.WantWrite;
                return Again;
            case OpenSsl.ZeroReturn:
                return 0;
            case OpenSsl.SystemCall when system != 0:
                _failed = true;
                problem = Marshal.GetPInvokeErrorMessage(system);
                return Broken;
            default:
                _failed = true;
                problem = OpenSsl.TakeErrorText();
                return Broken;
        }
    }
}
