using System.Net;

namespace Larder.Gateway.Notices;

/// <summary>Whom a notice is written for: a client between two replies.</summary>
/// <param name="Protocol">2 or 3.</param>
/// <param name="Maintenance">What it asked for with <c>CLIENT MAINT_NOTIFICATIONS ON</c>; <c>null</c> where it did not.</param>
/// <param name="Audience">How it would hear the channel.</param>
/// <param name="CanHear">Whether it knows of all its subscriptions, so that a message cannot be taken for a reply.</param>
/// <param name="Address">The address that it connected to.</param>
/// <param name="TlsPort">The cache's TLS port; 0 where it has none.</param>
/// <param name="PlainPort">The cache's plain port; 0 where it has none.</param>
internal readonly record struct NoticeReader(
    int Protocol, MovingEndpointType? Maintenance, NoticeAudience Audience, bool CanHear, IPAddress Address, int TlsPort, int PlainPort);
