namespace Larder.Model.Routing;

/// <summary>The way to a shard's primary.</summary>
/// <param name="NodeOrdinal">Which node it is.</param>
/// <param name="Epoch">The leader key's epoch. A higher one makes every connection of a lower one invalid.</param>
/// <param name="SocketPath">The engine's unix socket on this host.</param>
/// <param name="User">The engine user that the gateway authenticates as.</param>
/// <param name="Password">Its password. Never logged.</param>
/// <param name="ViewDeadline">
/// Timestamp of the injected clock (<see cref="TimeProvider.GetTimestamp"/>) until which this view of the leader may be used for writes.
/// The publisher moves it forward while the leader key's lease is alive; past it, the gateway holds, then refuses.
/// </param>
public sealed record PrimaryRoute(int NodeOrdinal, long Epoch, string SocketPath, string User, Secret Password, ViewDeadline ViewDeadline);
