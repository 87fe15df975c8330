namespace Larder.Gateway.Relay;

/// <summary>The three kinds of subscription.</summary>
internal enum SubscriptionKind : byte
{
    Channel,
    Pattern,
    Shard,
}
