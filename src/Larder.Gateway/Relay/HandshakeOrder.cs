namespace Larder.Gateway.Relay;

/// <summary>What is sent first on an engine connection, and what must come back.</summary>
/// <param name="Commands">The commands, encoded.</param>
/// <param name="Required">Replies that must not be errors.</param>
/// <param name="Any">Replies after them that may be anything: those of a transaction that is queued again.</param>
/// <param name="Confirmations">Confirmations of subscriptions after them.</param>
internal readonly record struct HandshakeOrder(ReadOnlyMemory<byte> Commands, int Required, int Any = 0, int Confirmations = 0);
