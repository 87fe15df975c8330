namespace Larder.Gateway;

/// <summary>What the gateway counted since it was started. All only grow.</summary>
/// <param name="Accepted">Connections accepted.</param>
/// <param name="HandshakesFailed">TLS handshakes that failed or took too long.</param>
/// <param name="Refused">Connections refused because the cache had as many as it may, or because no cache could be told.</param>
/// <param name="AuthenticationsFailed">AUTH and HELLO commands with a wrong key or user.</param>
/// <param name="CommandsBlocked">Blocked commands answered at the door.</param>
/// <param name="ProtocolErrors">Connections closed because their bytes were no requests.</param>
/// <param name="Moved">Idle connections that went to a new primary unnoticed by their clients.</param>
/// <param name="HoldsExpired">Connections closed because no primary appeared within the hold limit.</param>
/// <param name="Repeated">Commands under way at a primary that failed, or was none any more, that were given to the next one.</param>
/// <param name="Uncertain">Commands answered with an error because nobody knows whether the primary that failed had executed them.</param>
/// <param name="NotAcknowledged">Writes that no replica acknowledged in time, on caches with <c>durability: quorum</c>.</param>
/// <param name="Firewalled">Connections closed because a firewall rule does not admit their address.</param>
/// <param name="Throttled">Failed authentications whose answer was delayed, or whose connection was closed, because their address had failed too often.</param>
public sealed record GatewayTotals(
    long Accepted, long HandshakesFailed, long Refused, long AuthenticationsFailed, long CommandsBlocked, long ProtocolErrors, long Moved, long HoldsExpired,
    long Repeated, long Uncertain, long NotAcknowledged, long Firewalled, long Throttled);
