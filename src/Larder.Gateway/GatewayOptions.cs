namespace Larder.Gateway;

/// <summary>The gateway's settings. Immutable; the defaults suit production.</summary>
public sealed record GatewayOptions
{
    /// <summary>Within what time a client must complete its TLS handshake.</summary>
    /// <value>Default 10 seconds.</value>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The most TLS handshakes of one listener at a time; further connections wait in the system's queue.</summary>
    /// <value>Default 512.</value>
    public int MaxConcurrentHandshakes { get; init; } = 512;

    /// <summary>
    /// How long a connection may be without a byte in either direction. Connections that wait for a reply (blocking commands) and
    /// subscribers are not idle, as with the <c>timeout</c> setting of Redis; dead peers are found by TCP keep-alive.
    /// </summary>
    /// <value>Default 10 minutes.</value>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a connection that is being closed may take to deliver what was already answered.</summary>
    /// <value>Default 2 seconds.</value>
    public TimeSpan CloseGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After what time without an acknowledgement a client's connection is given up (keep-alive probes and sent data).</summary>
    /// <value>Default 60 seconds.</value>
    public TimeSpan DeadPeerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest pause between attempts to open a listener that could not be opened.</summary>
    /// <value>Default 5 seconds.</value>
    public TimeSpan MaxListenBackOff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an address may fail to authenticate at once; beyond that, answers to wrong keys are delayed, then connections closed.</summary>
    /// <value>Default 50.</value>
    public int AuthenticationFailures { get; init; } = 50;

    /// <summary>How long until an address is forgiven one failed authentication.</summary>
    /// <value>Default 1 second.</value>
    public TimeSpan AuthenticationForgiveness { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many threads carry connections. Engines and the rest of the daemon need processors too.</summary>
    /// <value>At least 1; default half of the processors.</value>
    public int EventLoops { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>
    /// How many bytes of replies may wait for a client that shares an engine connection. It is then disconnected, since its replies can neither be kept without
    /// end nor keep others waiting.
    /// </summary>
    /// <value>Default 256 MiB.</value>
    public int OutputLimitBytes { get; init; } = 256 << 20;

    /// <summary>
    /// How many bytes all commands that concern several shards of a clustered cache, and their replies, may take together: they are kept until all shards have
    /// answered. A command beyond it is refused, and none of it executed.
    /// </summary>
    /// <value>Default 1 GiB.</value>
    public long GatherLimitBytes { get; init; } = 1L << 30;

    /// <summary>Whether commands that need no state share a few engine connections; if not, each client has one of its own.</summary>
    /// <value>Default true.</value>
    public bool SharesConnections { get; init; } = true;

    /// <summary>
    /// After how many batches in a row that need no engine connection of their own a client shares one again. Each change costs an engine connection, each client
    /// that does not share costs the engine more per command.
    /// </summary>
    /// <value>At least 1; default 64.</value>
    public int BatchesBeforeSharing { get; init; } = 64;
}
