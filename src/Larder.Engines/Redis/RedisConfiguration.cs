using System.Globalization;
using System.Text;
using Larder.Model.Specs;

namespace Larder.Engines.Redis;

/// <summary>Renders the configuration file of a Redis or Valkey node.</summary>
internal static class RedisConfiguration
{
    // A node that is silent for longer would make others refuse their commands, as a minority. The longest time in milliseconds that fits 32 bits is 24 days.
    private static readonly TimeSpan NeverFails = TimeSpan.FromDays(20);

    private const long Megabyte = 1L << 20;
    private const long SmallestBacklogBytes = 16 * Megabyte;
    private const long LargestBacklogBytes = 256 * Megabyte;
    private const long SmallestReplicaBufferBytes = 256 * Megabyte;

    // Besides the gateway's connections: replicas, the agent's own, and diagnosis.
    private const int ReservedClients = 32;

    /// <summary>Renders it.</summary>
    /// <param name="node">What the node is to be.</param>
    /// <param name="dialect">What the engine understands.</param>
    /// <param name="aclFile">The ACL file's path.</param>
    /// <returns>The file's text; it carries the internal user's password.</returns>
    public static string Render(NodeConfiguration node, RedisDialect dialect, string aclFile)
    {
        var file = new DirectiveFile($"Node {node.Ordinal} of cache '{node.Cache}'. Written by Larder at each start; changes made here are lost.");
        Doors(file, node, aclFile);
        Process(file, node, dialect);
        Memory(file, node);
        Replication(file, node);
        Cluster(file, node);
        Persistence(file, node, dialect);
        return file.ToString();
    }

    private static void Doors(DirectiveFile file, NodeConfiguration node, string aclFile)
    {
        file.Section("The gateway comes over the unix socket, replicas over the port; nobody without a user gets in.");
        file.Add("unixsocket", node.SocketPath);
        file.Add("unixsocketperm", "700");
        file.Add("bind", node.ReplicationAddress);
        file.Add("port", node.ReplicationPort);
        file.Add("protected-mode", "yes");
        file.Add("aclfile", aclFile);
        file.Add("maxclients", node.MaxClients + ReservedClients);
        file.Add("timeout", 0);
        file.Add("tcp-keepalive", 60);
    }

    private static void Process(DirectiveFile file, NodeConfiguration node, RedisDialect dialect)
    {
        file.Section("Process. What it writes to its output is the log.");
        file.Add("daemonize", "no");
        file.Add("dir", node.DataFolder);
        file.Add("logfile", string.Empty);
        file.Add("always-show-logo", "no");
        file.Add("databases", node.Databases);
        file.Add("notify-keyspace-events", string.Empty);
        if (dialect.HasProcessTitle)
        {
            // The command line stays as it was started: it tells which node a process is.
            file.Add("set-proc-title", "no");
        }

        if (dialect.HasLocaleCollate)
        {
            // The machine's locale may be missing, and an engine with its own libraries has none; it would not start.
            file.Add("locale-collate", "C");
        }

        if (dialect.HasProtectedCommands)
        {
            file.Add("enable-debug-command", "no");
            file.Add("enable-module-command", "no");
            file.Add("enable-protected-configs", "no");
        }

        if (dialect.HasDumpSanitizing)
        {
            file.Add("sanitize-dump-payload", "clients");
        }
    }

    private static void Memory(DirectiveFile file, NodeConfiguration node)
    {
        file.Section("Memory, as the original service sets it.");
        file.Add("maxmemory", node.MaxMemoryBytes);
        file.Add("maxmemory-policy", "volatile-lru");
        file.Add("maxmemory-samples", 3);
        file.Add("client-output-buffer-limit", "normal", "0", "0", "0");
        file.Add("client-output-buffer-limit", "pubsub", Text(32 * Megabyte), Text(8 * Megabyte), "60");

        // A replica's buffer holds what is written during a full sync: too small, and the sync of a busy cache never ends.
        var replicaBuffer = Math.Max(SmallestReplicaBufferBytes, node.MaxMemoryBytes / 4);
        file.Add("client-output-buffer-limit", "replica", Text(replicaBuffer), Text(replicaBuffer / 4), "60");
    }

    private static void Replication(DirectiveFile file, NodeConfiguration node)
    {
        file.Section("Replication: straight over the wire, without waiting for more replicas.");
        file.Add("masteruser", node.InternalUser.Name);
        file.Add("masterauth", node.InternalUser.Password.Reveal());
        file.Add("repl-diskless-sync", "yes");
        file.Add("repl-diskless-sync-delay", 0);
        file.Add("repl-backlog-size", Math.Clamp(node.MaxMemoryBytes / 32, SmallestBacklogBytes, LargestBacklogBytes));
        file.Add("repl-timeout", 20);
        file.Add("repl-ping-replica-period", 3);
        file.Add("replica-read-only", "yes");
        file.Add("replica-serve-stale-data", "yes");
        if (node is { Cluster: null, StartAsReplicaOf: { } primary })
        {
            file.Add("replicaof", primary.Address, Text(primary.Port));
        }
    }

    private static void Cluster(DirectiveFile file, NodeConfiguration node)
    {
        if (node.Cluster is not { } cluster)
        {
            return;
        }

        file.Section("Cluster. Who is the primary of which slots is Larder's to say: the engines detect no failures and change nothing by themselves.");
        file.Add("cluster-enabled", "yes");
        file.Add("cluster-config-file", RedisClusterFile.Name);
        file.Add("cluster-port", cluster.Self.BusPort);
        file.Add("cluster-announce-ip", cluster.Self.Address);
        file.Add("cluster-node-timeout", (long)NeverFails.TotalMilliseconds);
        file.Add("cluster-replica-no-failover", "yes");
        file.Add("cluster-require-full-coverage", "no");
        file.Add("cluster-allow-replica-migration", "no");
        file.Add("cluster-allow-reads-when-down", "yes");
    }

    private static void Persistence(DirectiveFile file, NodeConfiguration node, RedisDialect dialect)
    {
        var appendOnly = node.Persistence is PersistenceMode.Aof or PersistenceMode.AofDual;
        file.Section("Persistence. An orderly stop (SIGTERM) always keeps the data.");
        file.Add("dbfilename", RedisFiles.Snapshot);
        if (dialect.HasShutdownOptions || appendOnly)
        {
            // Snapshots are asked for by Larder: on a replica, where there is one in sync.
            file.Add("save", string.Empty);
        }
        else
        {
            // Old versions save at SIGTERM only if they have a save point; this one is due in 68 years.
            file.Add("save", Text(int.MaxValue), "1");
        }

        // A cache goes on serving when its disk is full; that its snapshots fail is for monitoring to tell.
        file.Add("stop-writes-on-bgsave-error", "no");
        file.Add("appendonly", appendOnly ? "yes" : "no");
        file.Add("appendfsync", "everysec");
        if (appendOnly)
        {
            file.Add("auto-aof-rewrite-percentage", 100);
            file.Add("auto-aof-rewrite-min-size", node.LogRewriteBytes);
        }

        if (appendOnly && dialect.HasSplitLog)
        {
            // A log that ends too early is cut by Larder before the start, which keeps what it cuts and tells of it.
            file.Add("aof-load-truncated", "no");
            file.Add("aof-timestamp-enabled", "yes");
        }

        if (dialect.HasShutdownOptions)
        {
            file.Add("shutdown-on-sigterm", appendOnly ? "default" : "save");
            file.Add("shutdown-timeout", 5);
        }
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Collects directives and quotes their arguments.</summary>
    private sealed class DirectiveFile
    {
        private readonly StringBuilder _text = new();

        public DirectiveFile(string title) => _text.Append("# ").Append(title).Append('\n');

        public void Section(string title) => _text.Append("\n# ").Append(title).Append('\n');

        public void Add(string directive, long value) => Add(directive, Text(value));

        public void Add(string directive, params string[] arguments)
        {
            _text.Append(directive);
            foreach (var argument in arguments)
            {
                _text.Append(' ').Append(Quoting.Quote(argument));
            }

            _text.Append('\n');
        }

        public override string ToString() => _text.ToString();
    }
}
