namespace Larder.Gateway.Relay;

/// <summary>What the engine is to send for one or several commands that were passed on.</summary>
internal enum ExpectationKind : byte
{
    /// <summary>As many replies as the count says.</summary>
    Replies,

    /// <summary>The error of a command that cannot succeed; the gateway's own reply takes its place.</summary>
    StandIn,

    /// <summary>As <see cref="StandIn"/>, and then the connection is closed.</summary>
    LastStandIn,

    /// <summary>As many pub/sub confirmations as the count says (0: one for each subscription there is, at least one), or one error.</summary>
    Confirmations,

    /// <summary>The reply to HELLO, which tells the protocol from then on.</summary>
    Hello,

    /// <summary>The reply to SELECT; the count is the database.</summary>
    Select,

    /// <summary>The reply to a command that sets something which can be set again on another engine connection.</summary>
    Setting,

    /// <summary>Any reply; the gateway's own takes its place.</summary>
    Substitute,

    /// <summary>A reply that the gateway knows better than the engine, unless it is an error; the payload is its <see cref="Clients.IReplyEditor"/>.</summary>
    Edited,

    /// <summary>The reply to a command of a transaction that may have to be given to another shard; the payload is the <see cref="Clients.IReplyEditor"/> of its error.</summary>
    Refusable,

    /// <summary>The reply to a <see cref="BlockingCommand"/>, which is the payload.</summary>
    Blocking,

    /// <summary>The reply to the gateway's own WAIT, which tells whether the writes before it are on a replica. Not the client's.</summary>
    Acknowledgement,

    /// <summary>The reply to RESET: with it the connection is a stranger's again.</summary>
    Reset,

    /// <summary>The reply to QUIT, the last one.</summary>
    Quit,

    /// <summary>From here on nobody counts: bytes pass as they are.</summary>
    Opaque,
}
