namespace Larder.Gateway.Commands;

/// <summary>What the gateway must know of a command.</summary>
internal enum CommandKind : byte
{
    /// <summary>One reply, and no effect on the connection itself.</summary>
    Plain,

    /// <summary>Never reaches an engine.</summary>
    Blocked,

    /// <summary>A container of which only the reading subcommands reach an engine.</summary>
    BlockedUnlessReading,

    /// <summary>What only a browser tricked into attacking Redis sends.</summary>
    Hostile,

    Auth,
    Hello,
    Quit,
    Reset,
    Multi,
    Exec,
    Discard,
    Watch,
    Unwatch,
    Subscribe,
    PatternSubscribe,
    ShardSubscribe,
    Unsubscribe,
    PatternUnsubscribe,
    ShardUnsubscribe,
    Client,
    Select,

    /// <summary>Refused on the channel of the gateway's own notices, else plain.</summary>
    Publish,

    /// <summary>One reply, in which the gateway puts its own numbers of clients.</summary>
    Info,

    /// <summary>May wait at the engine until there is something for it; nothing can follow it before its reply.</summary>
    Blocking,

    /// <summary>A container with one subcommand (DEBUG) that makes the connection something else.</summary>
    Script,

    /// <summary>Makes the connection a stream that is not replies.</summary>
    Monitor,

    /// <summary>Says that the next command may be executed for a slot that is on its way here. Where the connection is lost between the two, that command is redirected.</summary>
    Asking,

    /// <summary>Whether a replica may be read from; can be said again on another engine connection.</summary>
    ReadOnly,
}
