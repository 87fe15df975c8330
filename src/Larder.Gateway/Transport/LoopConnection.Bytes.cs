using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Larder.Gateway.Transport.Native;
using Larder.Gateway.Transport.Tls;

namespace Larder.Gateway.Transport;

/// <content>Reads and writes as much as goes at once, and keeps the rest. Needs the gate.</content>
internal sealed partial class LoopConnection
{
    private unsafe int ReadSome(Span<byte> buffer)
    {
        _readWantsWrite = false;
        int count;
        if (_tls is { } tls)
        {
            count = tls.Read(buffer, out var progress, ref _problem);
            _readWantsWrite = progress == TlsProgress.WantWrite;
            _mayRead = count > 0 && tls.HasPending;
        }
        else
        {
            fixed (byte* start = buffer)
            {
                count = Told(LinuxCalls.Receive(_descriptor, start, buffer.Length, LinuxCalls.DoNotWait));
            }

            _mayRead = count == buffer.Length;
        }

        return count;
    }

    private unsafe int WriteSome(ReadOnlySpan<byte> bytes)
    {
        var written = 0;
        while (written < bytes.Length)
        {
            int count;
            if (_tls is { } tls)
            {
                count = tls.Write(bytes[written..], ref _problem);
            }
            else
            {
                fixed (byte* start = bytes[written..])
                {
                    count = Told(LinuxCalls.Send(_descriptor, start, bytes.Length - written, LinuxCalls.DoNotWait | LinuxCalls.NoSignal));
                }
            }

            if (count == Broken)
            {
                return Broken;
            }

            if (count == Again)
            {
                break;
            }

            written += count;
        }

        return written;
    }

    private int Told(nint result)
    {
        if (result >= 0)
        {
            return (int)result;
        }

        var error = Marshal.GetLastPInvokeError();
        if (error is LinuxCalls.TryAgain or LinuxCalls.Interrupted)
        {
            return Again;
        }

        _problem = Marshal.GetPInvokeErrorMessage(error);
        return Broken;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        var kept = BacklogBytes;
        if (_backlogEnd + bytes.Length > _backlog.Length)
        {
            var larger = _backlog;
            if (kept + bytes.Length > _backlog.Length)
            {
                larger = ArrayPool<byte>.Shared.Rent(Math.Max(kept + bytes.Length, Math.Min(kept * 2, kept + (16 << 20))));
            }

            _backlog.AsSpan(_backlogStart, kept).CopyTo(larger);
            if (_backlog.Length > 0 && larger != _backlog)
            {
                ArrayPool<byte>.Shared.Return(_backlog);
            }

            (_backlog, _backlogStart, _backlogEnd) = (larger, 0, kept);
        }

        bytes.CopyTo(_backlog.AsSpan(_backlogEnd));
        _backlogEnd += bytes.Length;
    }

    private void Forget()
    {
        if (_backlog.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_backlog);
        }

        (_backlog, _backlogStart, _backlogEnd) = ([], 0, 0);
    }

    private void Want(uint events) => Watch(_interest | events);

    private void Refuse(uint events) => Watch(_interest & ~events);

    private void Watch(uint wanted)
    {
        if (wanted != _interest)
        {
            Loop.Change(_descriptor, _interest, wanted, _token);
            _interest = wanted;
        }
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (SocketException exception)
        {
            _problem = exception.Message; // The peer was faster; whoever reads or writes is told.
        }
    }
}
