namespace Larder.Gateway;

/// <summary>The running counters behind <see cref="GatewayTotals"/>. Thread-safe.</summary>
internal sealed class GatewayCounters
{
    private long _accepted;
    private long _handshakesFailed;
    private long _refused;
    private long _authenticationsFailed;
    private long _commandsBlocked;
    private long _protocolErrors;
    private long _moved;
    private long _holdsExpired;
    private long _repeated;
    private long _uncertain;
    private long _notAcknowledged;
    private long _firewalled;
    private long _throttled;

    public GatewayTotals Read() => new(
        Volatile.Read(ref _accepted), Volatile.Read(ref _handshakesFailed), Volatile.Read(ref _refused),
        Volatile.Read(ref _authenticationsFailed), Volatile.Read(ref _commandsBlocked), Volatile.Read(ref _protocolErrors),
        Volatile.Read(ref _moved), Volatile.Read(ref _holdsExpired),
        Volatile.Read(ref _repeated), Volatile.Read(ref _uncertain), Volatile.Read(ref _notAcknowledged),
        Volatile.Read(ref _firewalled), Volatile.Read(ref _throttled));

    public void Accepted() => Interlocked.Increment(ref _accepted);

    public void HandshakeFailed() => Interlocked.Increment(ref _handshakesFailed);

    public void Refused() => Interlocked.Increment(ref _refused);

    public void AuthenticationFailed() => Interlocked.Increment(ref _authenticationsFailed);

    public void CommandBlocked() => Interlocked.Increment(ref _commandsBlocked);

    public void ProtocolError() => Interlocked.Increment(ref _protocolErrors);

    public void Moved() => Interlocked.Increment(ref _moved);

    public void Repeated(int commands) => Interlocked.Add(ref _repeated, commands);

    public void Uncertain(int commands) => Interlocked.Add(ref _uncertain, commands);

    public void NotAcknowledged() => Interlocked.Increment(ref _notAcknowledged);

    public void Firewalled() => Interlocked.Increment(ref _firewalled);

    public void Throttled() => Interlocked.Increment(ref _throttled);

    public void HoldExpired() => Interlocked.Increment(ref _holdsExpired);
}
