using System.Globalization;
using System.Net.Sockets;
using Larder.Engines.Acl;
using Larder.Engines.Client;
using Larder.Engines.Clusters;
using Larder.Model.Specs;
using Larder.Model.Status;

namespace Larder.Engines.Redis;

/// <summary>A running Redis or Valkey node.</summary>
/// <param name="configuration">The node.</param>
/// <param name="time">The clock of the deadlines.</param>
internal sealed class RedisNode(NodeConfiguration configuration, TimeProvider time) : IEngineNode
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SavePollInterval = TimeSpan.FromMilliseconds(50);

    private readonly string _name = NodeName.Of(configuration);
    private readonly AdminConnection _connection = new(
        new UnixDomainSocketEndPoint(configuration.SocketPath), configuration.InternalUser, NodeName.Of(configuration), time);

    public async Task<NodeProbe> ProbeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var (info, cluster) = await LookAsync(timeout, cancellationToken);
        var keys = info.DatabaseKeys();

        // A node of a cluster may be the replica of nobody; INFO calls that a primary.
        var replica = cluster?.Myself.IsReplica ?? info.Text("role") == "slave";
        var syncing = replica && info.Flag("master_sync_in_progress");
        var loading = info.Flag("loading");
        return new NodeProbe
        {
            ProcessId = (int)info.Number("process_id"),
            Loading = loading,
            Role = replica ? NodeRole.Replica : NodeRole.Primary,
            Cluster = cluster,
            Following = replica && info.Text("role") == "slave" ? new ReplicationTarget(info.Text("master_host"), (int)info.Number("master_port")) : null,
            LinkUp = replica && !syncing && !loading && info.Text("master_link_status") == "up",
            FullSyncInProgress = syncing,
            ReplicationOffset = Math.Max(0, info.Number(replica ? "slave_repl_offset" : "master_repl_offset")),
            ReplicationId = info.Text("master_replid"),
            UsedMemoryBytes = info.Number("used_memory"),
            OperationsPerSecond = info.Text("instantaneous_ops_per_sec").Length > 0 ? info.Number("instantaneous_ops_per_sec") : null,
            Keys = keys.Values.Sum(),
            DatabaseKeys = keys,
            CpuTime = CpuTime(info),
            Log = info.Flag("aof_enabled") ? LogOf(info) : null,
        };
    }

    /// <summary>Reads what INFO says of the log.</summary>
    /// <param name="info">The answer.</param>
    /// <returns>What it says.</returns>
    internal static LogProbe LogOf(InfoText info) => new(
        info.Number("aof_current_size"), info.Number("aof_base_size"),
        info.Flag("aof_rewrite_in_progress") ? TimeSpan.FromSeconds(Math.Max(0, info.Number("aof_current_rewrite_time_sec"))) : null,
        info.Text("aof_last_bgrewrite_status") == "err", info.Text("aof_last_write_status") == "err");

    public Task FollowAsync(ReplicationTarget primary, CancellationToken cancellationToken) => configuration.Cluster is { } cluster
        ? new RedisClusterRole(configuration, cluster, _connection, time).FollowAsync(primary, cancellationToken)
        : OrderAsync(["REPLICAOF", primary.Address, primary.Port.ToString(CultureInfo.InvariantCulture)], cancellationToken);

    public Task PromoteAsync(ClusterClaim claim, CancellationToken cancellationToken) => configuration.Cluster is { } cluster
        ? new RedisClusterRole(configuration, cluster, _connection, time).PromoteAsync(claim, cancellationToken)
        : OrderAsync(["REPLICAOF", "NO", "ONE"], cancellationToken);

    public async Task PauseWritesAsync(TimeSpan limit, CancellationToken cancellationToken) => await OrderAsync(
        ["CLIENT", "PAUSE", ((long)limit.TotalMilliseconds).ToString(CultureInfo.InvariantCulture), "WRITE"], cancellationToken);

    public async Task ResumeWritesAsync(CancellationToken cancellationToken) => await OrderAsync(["CLIENT", "UNPAUSE"], cancellationToken);

    public async Task ReconfigureAsync(NodeConfiguration wanted, CancellationToken cancellationToken)
    {
        await OrderAsync(["CONFIG", "SET", "maxmemory", wanted.MaxMemoryBytes.ToString(CultureInfo.InvariantCulture)], cancellationToken);
        var dialect = await DialectAsync(cancellationToken);
        await Users.ApplyAsync(wanted, user => RedisAcl.Of(user, wanted, dialect), cancellationToken);
    }

    public async Task<string?> CheckPermissionsAsync(string permissions, CancellationToken cancellationToken) =>
        await Users.CheckAsync(RedisAcl.Of(new ClientUser("nobody", permissions), configuration, await DialectAsync(cancellationToken)), cancellationToken);

    // FLUSHALL ends a save, and so does the full sync of a replica; for Redis neither is a failure, and only the file tells.
    public async Task SnapshotAsync(CancellationToken cancellationToken)
    {
        var file = new FileInfo(RedisFiles.SnapshotOf(configuration));
        DateTime before;
        do
        {
            file.Refresh();
            before = file.LastWriteTimeUtc;
            await SaveAsync("BGSAVE", "rdb_bgsave_in_progress", "rdb_bgsave_scheduled", "rdb_last_bgsave_status", cancellationToken);
            file.Refresh();
        }
        while (file.LastWriteTimeUtc == before);
    }

    public async Task RewriteLogAsync(CancellationToken cancellationToken)
    {
        var reply = await SendAsync(["BGREWRITEAOF"], cancellationToken);
        if (reply.IsError && !reply.IsErrorWith("in progress"))
        {
            throw Refused("BGREWRITEAOF", reply);
        }
    }

    // Old versions save at SIGTERM only if they have a save point; the longest one is due in 68 years.
    public async Task SetOwnSnapshotsAsync(TimeSpan? interval, CancellationToken cancellationToken) => await OrderAsync(
        ["CONFIG", "SET", "save", string.Create(CultureInfo.InvariantCulture, $"{(interval is { } time ? (long)time.TotalSeconds : int.MaxValue)} 1")],
        cancellationToken);

    public Task SaveAsync(CancellationToken cancellationToken) => configuration.Persistence is PersistenceMode.Aof or PersistenceMode.AofDual
        ? SaveAsync("BGREWRITEAOF", "aof_rewrite_in_progress", "aof_rewrite_scheduled", "aof_last_bgrewrite_status", cancellationToken)
        : SnapshotAsync(cancellationToken);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static TimeSpan CpuTime(InfoText info) =>
        info.Seconds("used_cpu_user_main_thread") is { } user && info.Seconds("used_cpu_sys_main_thread") is { } system
            ? user + system
            : (info.Seconds("used_cpu_user") ?? TimeSpan.Zero) + (info.Seconds("used_cpu_sys") ?? TimeSpan.Zero);

    // A save that runs already may have begun before the last write: it is waited for, and then one of our own is started.
    private async Task SaveAsync(string command, string running, string scheduled, string outcome, CancellationToken cancellationToken)
    {
        while (true)
        {
            var reply = await SendAsync([command], cancellationToken);
            if (!reply.IsError)
            {
                break;
            }

            if (!reply.IsErrorWith("in progress") && !reply.IsErrorWith("child"))
            {
                throw Refused(command, reply);
            }

            await Task.Delay(SavePollInterval, time, cancellationToken);
        }

        InfoText info;
        do
        {
            await Task.Delay(SavePollInterval, time, cancellationToken);
            info = await InfoAsync(CommandTimeout, cancellationToken);
        }
        while (info.Flag(running) || info.Flag(scheduled));

        if (info.Text(outcome) != "ok")
        {
            throw new EngineException(
                EngineFailure.Refused, $"{_name} could not write its data to '{configuration.DataFolder}'; its log says why (disk full?).");
        }
    }

    private async Task<(InfoText Info, ClusterView? Cluster)> LookAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (configuration.Cluster is null)
        {
            return (await InfoAsync(timeout, cancellationToken), null);
        }

        var replies = await _connection.CallAsync(timeout, [["INFO"], ["CLUSTER", "NODES"], ["CLUSTER", "INFO"]], cancellationToken);
        if (replies[0].IsError)
        {
            throw Refused("INFO", replies[0]);
        }

        var info = new InfoText(replies[0].Text);
        if (replies[1].IsError && !info.Flag("loading"))
        {
            throw Refused("CLUSTER NODES", replies[1]);
        }

        return (info, replies[1].IsError || replies[2].IsError ? null : ClusterView.Parse(replies[1].Text, replies[2].Text));
    }

    private ClientUsers Users => new(_connection, _name, CommandTimeout);

    /// <summary>Valkey tells the version of Redis that it is like.</summary>
    private async Task<RedisDialect> DialectAsync(CancellationToken cancellationToken) =>
        RedisDialect.Of(EngineFamily.Redis, Version.Parse((await InfoAsync(CommandTimeout, cancellationToken)).Text("redis_version")));

    private async Task<InfoText> InfoAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var reply = (await _connection.CallAsync(timeout, [["INFO"]], cancellationToken))[0];
        return reply.IsError ? throw Refused("INFO", reply) : new InfoText(reply.Text);
    }

    private async Task OrderAsync(string[] command, CancellationToken cancellationToken)
    {
        var reply = await SendAsync(command, cancellationToken);
        if (reply.IsError)
        {
            throw Refused(command[0], reply);
        }
    }

    private async Task<Reply> SendAsync(string[] command, CancellationToken cancellationToken) =>
        (await _connection.CallAsync(CommandTimeout, [command], cancellationToken))[0];

    private EngineException Refused(string command, Reply reply) =>
        new(EngineFailure.Refused, $"{_name} refused {command}: {reply.Text}.");
}
