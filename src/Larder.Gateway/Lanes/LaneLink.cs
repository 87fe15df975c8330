using Larder.Gateway.Relay;
using Larder.Gateway.Transport;
using Larder.Gateway.Transport.Native;
using Larder.Model.Routing;

namespace Larder.Gateway.Lanes;

/// <summary>A lane's engine connection on its event loop. On the loop's thread alone.</summary>
internal sealed unsafe class LaneLink : ILoopHandler
{
    private readonly EngineLink _link;
    private readonly EventLoop _loop;
    private readonly int _descriptor;
    private readonly long _token;
    private readonly Action _readable;
    private readonly Action _writable;
    private uint _interest;
    private bool _closed;

    /// <summary>Takes an engine connection over, on which the handshake is done.</summary>
    /// <param name="link">The connection; owned from here on.</param>
    /// <param name="loop">The loop.</param>
    /// <param name="readable">Called when something may be read.</param>
    /// <param name="writable">Called when something can be written again.</param>
    public LaneLink(EngineLink link, EventLoop loop, Action readable, Action writable)
    {
        (_link, _loop, _readable, _writable) = (link, loop, readable, writable);
        _descriptor = link.Descriptor;
        _token = loop.Register(this);
        Watch(LinuxCalls.EpollIn);
    }

    /// <summary>The primary that it leads to.</summary>
    public PrimaryRoute Primary => _link.Primary;

    /// <summary>Whether it leads where a route says.</summary>
    /// <param name="primary">The route.</param>
    public bool LeadsTo(PrimaryRoute primary) => _link.LeadsTo(primary);

    /// <summary>Reads what there is.</summary>
    /// <param name="buffer">Where to.</param>
    /// <returns>How many bytes; 0 where nothing is there; below 0 where the connection has ended.</returns>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            var count = LinuxCalls.Receive(_descriptor, start, buffer.Length, LinuxCalls.DoNotWait);
            return count > 0 ? (int)count : count < 0 && IsForNow() ? 0 : -1;
        }
    }

    /// <summary>Writes as much as the engine's socket takes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>How many; below 0 where the connection has ended.</returns>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var count = LinuxCalls.Send(_descriptor, start, bytes.Length, LinuxCalls.DoNotWait | LinuxCalls.NoSignal);
            return count >= 0 ? (int)count : IsForNow() ? 0 : -1;
        }
    }

    /// <summary>Has <c>writable</c> called when there is room again, or not.</summary>
    /// <param name="wanted">Which.</param>
    public void WaitForRoom(bool wanted) => Watch(wanted ? LinuxCalls.EpollIn | LinuxCalls.EpollOut : LinuxCalls.EpollIn);

    /// <summary>Ends it.</summary>
    public void Close() => Release()?.Dispose();

    /// <summary>Lets go of the connection, which stays open.</summary>
    /// <returns>The connection; <c>null</c> where that was done already.</returns>
    public EngineLink? Release()
    {
        if (_closed)
        {
            return null;
        }

        Watch(0);
        _closed = true;
        _loop.Unregister(_token);
        return _link;
    }

    /// <inheritdoc/>
    public void OnReady(bool readable, bool writable)
    {
        if (writable && !_closed)
        {
            _writable();
        }

        if (readable && !_closed)
        {
            _readable();
        }
    }

    private void Watch(uint wanted)
    {
        if (wanted != _interest && !_closed)
        {
            _loop.Change(_descriptor, _interest, wanted, _token);
            _interest = wanted;
        }
    }

    private static bool IsForNow() =>
        System.Runtime.InteropServices.Marshal.GetLastPInvokeError() is LinuxCalls.TryAgain or LinuxCalls.Interrupted;
}
