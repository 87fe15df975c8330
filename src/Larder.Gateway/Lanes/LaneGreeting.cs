using System.Buffers;
using Larder.Gateway.Relay;
using Larder.Gateway.Transport;
using Larder.Resp.Replies;

namespace Larder.Gateway.Lanes;

/// <summary>The first exchange on a lane's engine connection: HELLO with the gateway's credentials. On the loop's thread alone.</summary>
internal sealed class LaneGreeting : ILoopTask
{
    private const int MaxReplyBytes = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _reply = new(512);
    private readonly ArrayBufferWriter<byte> _handshake = new(128);
    private readonly RespReplyScanner _scanner = new();
    private readonly EventLoop _loop;
    private readonly LaneLink _link;
    private readonly TimeProvider _clock;
    private readonly TimeSpan _limit;
    private Action<EngineLink?>? _ended;
    private ITimer? _deadline;

    /// <summary>Prepares it.</summary>
    /// <param name="link">The connection; owned until the end.</param>
    /// <param name="loop">The loop.</param>
    /// <param name="protocol">2 or 3.</param>
    /// <param name="user">The engine user of the lane's clients; <c>null</c> for <c>default</c>.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="limit">How long the engine may take.</param>
    public LaneGreeting(EngineLink link, EventLoop loop, int protocol, string? user, TimeProvider clock, TimeSpan limit)
    {
        (_loop, _clock, _limit) = (loop, clock, limit);
        LaneHandshake.Write(_handshake, link.Primary, protocol, user);
        _link = new LaneLink(link, loop, Receive, () => { });
    }

    /// <summary>What the engine answered.</summary>
    public byte[] Reply { get; private set; } = [];

    /// <summary>Why it failed; empty where it did not.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>Begins.</summary>
    /// <param name="ended">Called once on the loop: with the connection, or with <c>null</c> where the engine refused, closed or took too long.</param>
    public void Begin(Action<EngineLink?> ended)
    {
        _ended = ended;
        _deadline = _clock.CreateTimer(static state => ((LaneGreeting)state!).Expire(), this, _limit, Timeout.InfiniteTimeSpan);
        if (_link.Write(_handshake.WrittenSpan) != _handshake.WrittenCount)
        {
            End("it did not take the gateway's greeting");
        }
    }

    /// <summary>The time is over.</summary>
    public void Run() => End("it did not answer the gateway's greeting in time");

    private void Expire() => _loop.Post(this);

    private void Receive()
    {
        var count = _link.Read(_loop.Scratch);
        if (count < 0)
        {
            End("it closed the connection");
            return;
        }

        var status = _scanner.Scan(_loop.Scratch.AsSpan(0, count), out var consumed);
        _reply.Write(_loop.Scratch.AsSpan(0, count));
        if (status == RespReplyStatus.NeedMoreData && _reply.WrittenCount <= MaxReplyBytes)
        {
            return;
        }

        if (status != RespReplyStatus.FrameEnded || consumed != count || _scanner.FrameType == (byte)'-')
        {
            End("it refused the gateway's own credentials, or answered something else");
            return;
        }

        Reply = _reply.WrittenSpan.ToArray();
        End("");
    }

    private void End(string problem)
    {
        if (_ended is not { } ended)
        {
            return;
        }

        _ended = null;
        _deadline?.Dispose();
        Problem = problem;
        var link = _link.Release();
        if (problem.Length > 0)
        {
            link?.Dispose();
            link = null;
        }

        ended(link);
    }
}
