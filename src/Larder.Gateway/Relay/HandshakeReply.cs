namespace Larder.Gateway.Relay;

/// <summary>What an engine answered to a <see cref="HandshakeOrder"/>.</summary>
/// <param name="Replies">The required replies, as they came.</param>
/// <param name="Failed">Whether one that must not be an error was one.</param>
/// <param name="FirstOptional">The first reply of those that may be anything; empty where there are none.</param>
/// <param name="Rest">What came besides and behind: the client's.</param>
internal sealed record HandshakeReply(byte[] Replies, bool Failed, byte[] FirstOptional, byte[] Rest);
