using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Larder.Engines.Acl;
using Larder.Engines.Client;
using Larder.Engines.Clusters;
using Larder.Model.Status;

namespace Larder.Engines.Garnet;

/// <summary>A running Garnet node.</summary>
/// <param name="configuration">The node.</param>
/// <param name="time">The clock of the deadlines.</param>
internal sealed class GarnetNode(NodeConfiguration configuration, TimeProvider time) : IEngineNode
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly string _name = NodeName.Of(configuration);
    private readonly AdminConnection _connection = new(
        new UnixDomainSocketEndPoint(configuration.SocketPath), configuration.InternalUser, NodeName.Of(configuration), time);

    public async Task<NodeProbe> ProbeAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var replies = await _connection.CallAsync(
            timeout, [["INFO", "REPLICATION"], ["INFO", "MEMORY"], ["INFO", "KEYSPACE"], ["ROLE"]], cancellationToken);
        foreach (var reply in replies)
        {
            ThrowIfRefused("INFO", reply);
        }

        var replication = new InfoText(replies[0].Text);
        var memory = new InfoText(replies[1].Text);
        var role = GarnetRole.Parse(replies[3]);
        var process = _connection.PeerProcessId ?? 0;
        return new NodeProbe
        {
            ProcessId = process,
            Loading = false,
            Role = role.Following is null ? NodeRole.Primary : NodeRole.Replica,
            Following = role.Following,
            LinkUp = role.IsConnected && replication.Text("master_link_status") == "up",
            FullSyncInProgress = role.Following is not null && (role.IsSyncing || replication.Flag("master_sync_in_progress")),
            ReplicationOffset = replication.Number("master_repl_offset"),
            ReplicationId = replication.Text("master_replid"),
            UsedMemoryBytes = memory.Number("store_mainlog_memory_size") + memory.Number("store_index_size"),
            Keys = new InfoText(replies[2].Text).Keys(),
            CpuTime = ProcessCpu.Of(process),
        };
    }

    public async Task FollowAsync(ReplicationTarget primary, CancellationToken cancellationToken)
    {
        var other = new AdminConnection(
            new IPEndPoint(IPAddress.Parse(primary.Address), primary.Port), configuration.InternalUser, $"the primary of {_name}", time);
        await using (other)
        {
            await new GarnetReplication(configuration, _connection, time).FollowAsync(primary, other, cancellationToken);
        }
    }

    public Task PromoteAsync(ClusterClaim claim, CancellationToken cancellationToken) =>
        new GarnetReplication(configuration, _connection, time).PromoteAsync(cancellationToken);

    public Task PauseWritesAsync(TimeSpan limit, CancellationToken cancellationToken) => throw NoPause();

    public Task ResumeWritesAsync(CancellationToken cancellationToken) => throw NoPause();

    public async Task ReconfigureAsync(NodeConfiguration wanted, CancellationToken cancellationToken)
    {
        string[] command = ["CONFIG", "SET", "memory", wanted.MaxMemoryBytes.ToString(CultureInfo.InvariantCulture)];
        ThrowIfRefused("CONFIG SET", (await _connection.CallAsync(CommandTimeout, [command], cancellationToken))[0]);
        await new ClientUsers(_connection, _name, CommandTimeout).ApplyAsync(wanted, user => GarnetAcl.Of(user, wanted), cancellationToken);
    }

    public Task<string?> CheckPermissionsAsync(string permissions, CancellationToken cancellationToken) => !ClientUserRules.GrantsAllKeys(permissions)
        ? Task.FromResult<string?>("Garnet has no users for a part of the keys: it takes allkeys alone")
        : new ClientUsers(_connection, _name, CommandTimeout).CheckAsync(GarnetAcl.Of(new ClientUser("nobody", permissions), configuration), cancellationToken);

    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        // SAVE answers when the checkpoint is on disk. One that runs already may have begun before the last write.
        while (true)
        {
            var reply = (await _connection.CallAsync(Timeout.InfiniteTimeSpan, [["SAVE"]], cancellationToken))[0];
            if (!reply.IsErrorWith("progress"))
            {
                ThrowIfRefused("SAVE", reply);
                return;
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    public Task SnapshotAsync(CancellationToken cancellationToken) => throw NoSnapshots();

    public Task RewriteLogAsync(CancellationToken cancellationToken) =>
        throw new EngineException(EngineFailure.Refused, $"{_name} is Garnet, whose log is not rewritten.");

    public Task SetOwnSnapshotsAsync(TimeSpan? interval, CancellationToken cancellationToken) => throw NoSnapshots();

    private EngineException NoSnapshots() => new(EngineFailure.Refused, $"{_name} is Garnet, which has no RDB files.");

    private EngineException NoPause() => new(EngineFailure.Refused, $"{_name} is Garnet, which cannot pause writes.");

    private void ThrowIfRefused(string command, Reply reply)
    {
        if (reply.IsError)
        {
            throw new EngineException(EngineFailure.Refused, $"{_name} refused {command}: {reply.Text}.");
        }
    }
}
