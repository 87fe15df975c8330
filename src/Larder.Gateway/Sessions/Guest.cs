using Larder.Gateway.Relay;

namespace Larder.Gateway.Sessions;

/// <summary>A client that has just given a valid key.</summary>
/// <param name="Link">An engine connection on which the gateway is authenticated for it; <c>null</c> where it needs none of its own yet.</param>
/// <param name="EngineId">The id that the engine gave that connection; 0 where it told none.</param>
/// <param name="Protocol">2 or 3.</param>
/// <param name="ClientName">What HELLO set, or <c>null</c>.</param>
internal sealed record Guest(EngineLink? Link, long EngineId, int Protocol, byte[]? ClientName);
