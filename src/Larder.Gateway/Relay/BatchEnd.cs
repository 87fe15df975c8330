namespace Larder.Gateway.Relay;

/// <summary>What follows a batch of requests.</summary>
internal enum BatchEnd : byte
{
    /// <summary>The next batch.</summary>
    GoOn,

    /// <summary>The next batch, when all replies are here: a command waits at the engine.</summary>
    AwaitReplies,

    /// <summary>As <see cref="AwaitReplies"/>: the batch ends with EXEC, which another shard may have to be given with its transaction.</summary>
    Transaction,

    /// <summary>No more requests of this batch's client; the replies under way are still given.</summary>
    LastReplies,

    /// <summary>The client gave RESET: what it sent behind it belongs to a stranger.</summary>
    Reset,

    /// <summary>As <see cref="LastReplies"/>, and the engine is told that there is no more.</summary>
    EndRequests,

    /// <summary>When all replies are here, an engine connection to another shard, and the next batch.</summary>
    Reroute,

    /// <summary>When all replies are here, a command at several shards, its reply, and the next batch.</summary>
    Gather,

    /// <summary>The connection is closed at once.</summary>
    Hang,
}
