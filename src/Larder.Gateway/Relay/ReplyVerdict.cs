namespace Larder.Gateway.Relay;

/// <summary>What the reply side is to do with a frame.</summary>
internal enum ReplyVerdict : byte
{
    /// <summary>It goes to the client.</summary>
    Pass,

    /// <summary>It does not go to the client; a reply of the gateway takes its place when it has ended.</summary>
    Replace,

    /// <summary>It is kept until it has ended, since only its text tells whether the client may see it.</summary>
    Withhold,

    /// <summary>It was withheld, and goes to the client as its editor makes it.</summary>
    Edit,

    /// <summary>It does not go to the client: the engine is the primary no more, and did nothing of the command that waited.</summary>
    Unblocked,

    /// <summary>It goes to the client when the writes are acknowledged.</summary>
    KeepBack,

    /// <summary>It is the reply to the gateway's own WAIT: what was kept back goes to the client now, or an error in its place.</summary>
    Acknowledged,

    /// <summary>It does not go to the client: the engine says that it did not execute the command, since it is no primary that can.</summary>
    NotExecuted,

    /// <summary>As <see cref="Pass"/> or <see cref="Replace"/>; and it was the last one.</summary>
    Last,

    /// <summary>It goes to the client, and the client is a stranger again.</summary>
    Reset,

    /// <summary>It is nobody's reply: passing anything on could give a reply to the wrong command.</summary>
    Violation,
}
