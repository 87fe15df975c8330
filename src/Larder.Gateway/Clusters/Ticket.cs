namespace Larder.Gateway.Clusters;

/// <summary>A place in the row of a client's replies, while the commands for it are at several shards.</summary>
/// <param name="parts">How many replies it takes.</param>
/// <param name="merge">Makes one reply of them; <c>null</c> where there is one part, whose reply it is.</param>
internal sealed class Ticket(int parts, ReplyMerge? merge)
{
    private readonly byte[][] _replies = new byte[parts][];
    private int _left = parts;

    /// <summary>A place that has its reply already.</summary>
    /// <param name="reply">The reply.</param>
    public static Ticket Of(byte[] reply)
    {
        var ticket = new Ticket(1, null);
        ticket.Take(0, reply);
        return ticket;
    }

    /// <summary>Whether all replies are there.</summary>
    public bool IsDone => _left == 0;

    /// <summary>The reply for the client, in pieces. Only when all are there.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Reply => ReplyMerges.Apply(merge, _replies);

    /// <summary>Takes a reply.</summary>
    /// <param name="part">Which.</param>
    /// <param name="reply">The reply, whole.</param>
    public void Take(int part, byte[] reply)
    {
        _replies[part] = reply;
        _left--;
    }
}
