using Larder.Model.Specs;

namespace Larder.Engines.Redis;

/// <summary>What a version of Redis or Valkey understands, as data; a directive or command that a version does not know keeps it from starting.</summary>
internal sealed record RedisDialect
{
    // Valkey began as Redis 7.2.4 and keeps its directives; its own version numbers say nothing of Redis's.
    private static readonly Version ValkeyOrigin = new(7, 2, 4);
    private static readonly Version Six2 = new(6, 2);
    private static readonly Version Seven = new(7, 0);
    private static readonly Version Seven2 = new(7, 2);
    private static readonly Version Seven4 = new(7, 4);

    // Where CLIENT NO-TOUCH is mended; of the versions before it is known that 8.0.2 and Valkey 8.1.1 are not.
    private static readonly Version RedisWithoutTouchCrash = new(8, 4);
    private static readonly Version ValkeyWithoutTouchCrash = new(9, 0);

    private RedisDialect(Version level, bool isTouchMended)
    {
        CrashesWithoutTouch = level >= Seven2 && !isTouchMended;
        RdbVersion = level >= Seven4 ? 12 : level >= Seven2 ? 11 : level >= Seven ? 10 : 9;
        HasSplitLog = level >= Seven;
        HasChannelPermissions = level >= Six2;
        HasFailover = level >= Six2;
        HasWritePause = level >= Six2;
        HasProcessTitle = level >= Six2;
        HasDumpSanitizing = level >= Six2;
        CanDenySubcommands = level >= Seven;
        HasShutdownOptions = level >= Seven;
        HasProtectedCommands = level >= Seven;
        HasLocaleCollate = level >= Seven2;
        HasClusterShards = level >= Seven;
        HasClusterShardIds = level >= Seven2;
        HasClientInfo = level >= Seven2;
    }

    /// <summary>The oldest version that can be run: the first one with users.</summary>
    public static Version Oldest { get; } = new(6, 0);

    /// <summary>Pub/sub channels in users (<c>&amp;*</c>).</summary>
    public bool HasChannelPermissions { get; }

    /// <summary>The version of the RDB files that it writes; it loads those up to it.</summary>
    public int RdbVersion { get; }

    /// <summary>An append-only log of several files, whose increments may carry timestamps.</summary>
    public bool HasSplitLog { get; }

    /// <summary>The command FAILOVER.</summary>
    public bool HasFailover { get; }

    /// <summary>CLIENT PAUSE of writes alone, and CLIENT UNPAUSE.</summary>
    public bool HasWritePause { get; }

    /// <summary>The directive <c>set-proc-title</c>.</summary>
    public bool HasProcessTitle { get; }

    /// <summary>The directive <c>sanitize-dump-payload</c>.</summary>
    public bool HasDumpSanitizing { get; }

    /// <summary>Denying single subcommands; before, they can only be allowed one by one.</summary>
    public bool CanDenySubcommands { get; }

    /// <summary>
    /// CLIENT NO-TOUCH is there, and a client that has given it ends the engine with a segmentation fault when it frees another one that waits (BLPOP and its like).
    /// </summary>
    public bool CrashesWithoutTouch { get; }

    /// <summary>The directives <c>shutdown-on-sigterm</c> and <c>shutdown-timeout</c>.</summary>
    public bool HasShutdownOptions { get; }

    /// <summary>The directives <c>enable-debug-command</c> and its siblings.</summary>
    public bool HasProtectedCommands { get; }

    /// <summary>The directive <c>locale-collate</c>.</summary>
    public bool HasLocaleCollate { get; }

    /// <summary>The commands CLUSTER SHARDS and CLUSTER LINKS.</summary>
    public bool HasClusterShards { get; }

    /// <summary>The command CLIENT SETINFO.</summary>
    public bool HasClientInfo { get; }

    /// <summary>The command CLUSTER MYSHARDID.</summary>
    public bool HasClusterShardIds { get; }

    /// <summary>Finds the dialect of an installation.</summary>
    /// <param name="family">Redis or Valkey.</param>
    /// <param name="version">Its version.</param>
    /// <returns>The dialect.</returns>
    public static RedisDialect Of(EngineFamily family, Version version) => family == EngineFamily.Valkey
        ? new RedisDialect(ValkeyOrigin, version >= ValkeyWithoutTouchCrash)
        : new RedisDialect(version, version >= RedisWithoutTouchCrash);
}
