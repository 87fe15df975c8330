namespace Larder.Gateway.Relay;

/// <summary>What happens to a command.</summary>
internal enum Admission : byte
{
    /// <summary>Its bytes go to the engine as they lie.</summary>
    Forward,

    /// <summary>Its bytes go to the engine, and nothing else before its reply is here.</summary>
    ForwardAndAwait,

    /// <summary>As <see cref="ForwardAndAwait"/>, and then the transaction that it ends may have to be given to another shard.</summary>
    ForwardTransaction,

    /// <summary>Other bytes go to the engine in its place.</summary>
    Replace,

    /// <summary>Its bytes go to the engine, and no more until its reply is here: it ends something.</summary>
    ForwardLast,

    /// <summary>Its bytes go to the engine, and no more; no reply will tell that it was executed.</summary>
    ForwardAndEnd,

    /// <summary>From it on, bytes go both ways uncounted.</summary>
    TurnOpaque,

    /// <summary>It is for another shard: it is looked at again on an engine connection to that one.</summary>
    Reroute,

    /// <summary>It is for several shards, or for another one while this engine connection must stay: it is carried out beside it.</summary>
    Gather,

    /// <summary>The connection is closed at once.</summary>
    Hang,
}
