using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Larder.Engines.Client;
using Larder.Model.Status;

namespace Larder.Engines.Garnet;

/// <summary>
/// A running Garnet node. Garnet replicates between nodes of a cluster, so that following and promoting is work on its topology: a node
/// starts alone and without slots each time; the primary of a cache has all slots, and whoever follows it has met it.
/// </summary>
/// <param name="configuration">The node.</param>
/// <param name="time">The clock of the deadlines.</param>
internal sealed class GarnetNode(NodeConfiguration configuration, TimeProvider time) : IEngineNode
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TopologyTimeout = TimeSpan.FromSeconds(5);
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
        await using var other = new AdminConnection(
            new IPEndPoint(IPAddress.Parse(primary.Address), primary.Port), configuration.InternalUser, $"the primary of {_name}", time);
        var theirs = await TopologyAsync(other, cancellationToken);
        var mine = await TopologyAsync(_connection, cancellationToken);
        if (mine.Myself.PrimaryId == theirs.Myself.Id)
        {
            return;
        }

        await LetGoAsync(mine, cancellationToken);

        // A node that was started anew has a new identity at its old address; the old one would be mistaken for it.
        await ForgetAsync(_connection, mine.OthersAt(primary).Where(node => node.Id != theirs.Myself.Id), cancellationToken);
        var self = new ReplicationTarget(configuration.ReplicationAddress, configuration.ReplicationPort);
        await ForgetAsync(other, theirs.OthersAt(self).Where(node => node.Id != mine.Myself.Id), cancellationToken);

        // Each knows the other once they have gossiped, which the meeting starts; until then the order is refused.
        string[] replicate = ["CLUSTER", "REPLICATE", theirs.Myself.Id, "ASYNC"];
        string[] meet = ["CLUSTER", "MEET", primary.Address, primary.Port.ToString(CultureInfo.InvariantCulture)];
        await UntilAsync(
            "REPLICATE",
            async () =>
            {
                var reply = await SendAsync(_connection, replicate, cancellationToken);
                if (reply.IsError)
                {
                    await OrderAsync(_connection, meet, cancellationToken);
                }

                return reply;
            },
            cancellationToken);
    }

    public async Task PromoteAsync(CancellationToken cancellationToken)
    {
        var topology = await TopologyAsync(_connection, cancellationToken);
        if (topology.Myself is { IsReplica: true } && topology.Find(topology.Myself.PrimaryId) is { HasAllSlots: true })
        {
            // Takes the slots over with a higher epoch, whether or not the old primary still lives.
            await SendAsync(_connection, ["CLUSTER", "FAILOVER", "TAKEOVER"], cancellationToken);
        }

        await UntilAsync(
            "PROMOTE",
            async () =>
            {
                var seen = await TopologyAsync(_connection, cancellationToken);
                return seen.Myself is { IsReplica: false, HasAllSlots: true } ? null : await ClaimAsync(seen, cancellationToken);
            },
            cancellationToken);
    }

    public async Task ReconfigureAsync(NodeConfiguration wanted, CancellationToken cancellationToken) => await OrderAsync(
        _connection, ["CONFIG", "SET", "memory", wanted.MaxMemoryBytes.ToString(CultureInfo.InvariantCulture)], cancellationToken);

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

    // A node that is to follow another one gives up what it has: its slots, or the primary that it followed under an older identity.
    private async Task LetGoAsync(GarnetTopology mine, CancellationToken cancellationToken)
    {
        if (mine.Myself.IsReplica)
        {
            await OrderAsync(_connection, ["REPLICAOF", "NO", "ONE"], cancellationToken);
        }
        else if (mine.Myself.HasSlots)
        {
            await OrderAsync(_connection, ["CLUSTER", "DELSLOTSRANGE", "0", "16383"], cancellationToken);
        }
    }

    // Not yet a primary with all slots: what it answers is the reason, for the message when time runs out.
    private async Task<Reply?> ClaimAsync(GarnetTopology seen, CancellationToken cancellationToken)
    {
        if (seen.Myself.IsReplica)
        {
            return seen.Find(seen.Myself.PrimaryId) is { HasAllSlots: true }
                ? Reply.OfText(ReplyKind.Error, "the takeover has not ended")
                : await SendAsync(_connection, ["REPLICAOF", "NO", "ONE"], cancellationToken);
        }

        await ForgetAsync(_connection, seen.Others.Where(node => node.HasSlots), cancellationToken);
        var reply = await SendAsync(_connection, ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"], cancellationToken);
        return reply.IsError ? reply : Reply.OfText(ReplyKind.Error, "the slots have not been taken");
    }

    private async Task UntilAsync(string what, Func<Task<Reply?>> attempt, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var reply = await attempt();
            if (reply is not { IsError: true })
            {
                return;
            }

            if (time.GetElapsedTime(start) > TopologyTimeout)
            {
                throw new EngineException(
                    EngineFailure.Refused, $"{_name} did not come to {what} within {TopologyTimeout.TotalSeconds:0} s: {reply.Text}.");
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private async Task ForgetAsync(AdminConnection connection, IEnumerable<GarnetMember> members, CancellationToken cancellationToken)
    {
        foreach (var member in members)
        {
            await OrderAsync(connection, ["CLUSTER", "FORGET", member.Id], cancellationToken);
        }
    }

    private async Task<GarnetTopology> TopologyAsync(AdminConnection connection, CancellationToken cancellationToken)
    {
        var reply = await SendAsync(connection, ["CLUSTER", "NODES"], cancellationToken);
        ThrowIfRefused("CLUSTER NODES", reply);
        return GarnetTopology.Parse(reply.Text);
    }

    private async Task OrderAsync(AdminConnection connection, string[] command, CancellationToken cancellationToken) =>
        ThrowIfRefused(string.Join(' ', command.Take(2)), await SendAsync(connection, command, cancellationToken));

    private static async Task<Reply> SendAsync(AdminConnection connection, string[] command, CancellationToken cancellationToken) =>
        (await connection.CallAsync(CommandTimeout, [command], cancellationToken))[0];

    private void ThrowIfRefused(string command, Reply reply)
    {
        if (reply.IsError)
        {
            throw new EngineException(EngineFailure.Refused, $"{_name} refused {command}: {reply.Text}.");
        }
    }
}
