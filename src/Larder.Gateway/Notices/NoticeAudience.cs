using Larder.Gateway.Relay;

namespace Larder.Gateway.Notices;

/// <summary>Which of a client's subscriptions hear the <see cref="AzureEvents.Channel"/>. Changed by one; read by anybody.</summary>
internal sealed class NoticeAudience
{
    private volatile Heard _heard = new(false, []);

    private sealed record Heard(bool Channel, byte[][] Patterns);

    /// <summary>Whether none does.</summary>
    public bool IsEmpty => _heard is { Channel: false, Patterns.Length: 0 };

    /// <summary>Whether the channel itself is subscribed to, and which patterns it fits.</summary>
    public (bool Channel, byte[][] Patterns) Subscriptions => _heard is var heard ? (heard.Channel, heard.Patterns) : default;

    /// <summary>Notes a subscription that is new.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="name">The channel or pattern.</param>
    public void Add(SubscriptionKind kind, byte[] name)
    {
        if (kind == SubscriptionKind.Channel && AzureEvents.Channel.SequenceEqual(name))
        {
            _heard = _heard with { Channel = true };
        }
        else if (kind == SubscriptionKind.Pattern && ChannelPattern.Matches(name, AzureEvents.Channel))
        {
            _heard = _heard with { Patterns = [.. _heard.Patterns, name] };
        }
    }

    /// <summary>Notes the end of a subscription that there was.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="name">The channel or pattern.</param>
    public void Remove(SubscriptionKind kind, byte[] name)
    {
        if (kind == SubscriptionKind.Channel && AzureEvents.Channel.SequenceEqual(name))
        {
            _heard = _heard with { Channel = false };
        }
        else if (kind == SubscriptionKind.Pattern)
        {
            _heard = _heard with { Patterns = [.. _heard.Patterns.Where(pattern => !pattern.AsSpan().SequenceEqual(name))] };
        }
    }
}
