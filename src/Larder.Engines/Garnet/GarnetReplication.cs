using System.Globalization;
using Larder.Engines.Client;

namespace Larder.Engines.Garnet;

/// <summary>
/// Makes a Garnet node follow another one, or none. Garnet replicates between nodes of a cluster, so that this is work on its topology:
/// a node starts alone and with a new identity each time, and can follow only whom it has met.
/// </summary>
/// <param name="configuration">The node.</param>
/// <param name="connection">The connection to it.</param>
/// <param name="time">The clock of the deadlines.</param>
internal sealed class GarnetReplication(NodeConfiguration configuration, AdminConnection connection, TimeProvider time)
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AcceptTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly string _name = NodeName.Of(configuration);

    /// <summary>Makes the node a replica. Returns once it has attached, or is still attaching after a while, which may be a long sync.</summary>
    /// <param name="primary">The primary's address.</param>
    /// <param name="other">A connection to it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">It did not come to it in time; the last refusal is in the message.</exception>
    public async Task FollowAsync(ReplicationTarget primary, AdminConnection other, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        long? accepted = null;
        while (true)
        {
            var theirs = await TopologyAsync(other, cancellationToken);
            var mine = await TopologyAsync(connection, cancellationToken);
            var refusal = string.Empty;
            if (theirs.Myself.IsReplica)
            {
                refusal = "the node to follow is a replica itself";
            }
            else if (mine.Myself.PrimaryId != theirs.Myself.Id)
            {
                // Not yet, or no more: Garnet goes back to being alone when attaching fails in the background.
                accepted = null;
                refusal = await AttachAsync(primary, other, mine, theirs, cancellationToken);
            }
            else if (await IsAttachedAsync(cancellationToken) || time.GetElapsedTime(accepted ??= time.GetTimestamp()) > SettleTime)
            {
                return;
            }

            if (time.GetElapsedTime(start) > AcceptTimeout)
            {
                throw new EngineException(
                    EngineFailure.Refused,
                    $"{_name} did not come to follow {primary.Address}:{primary.Port} within {AcceptTimeout.TotalSeconds:0} s: {refusal}.");
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    /// <summary>Makes the node a primary; a node that is one stays as it is.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">It did not come to it in time; the last refusal is in the message.</exception>
    public async Task PromoteAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while ((await TopologyAsync(connection, cancellationToken)).Myself.IsReplica)
        {
            // Refused while the node is busy with its replication: asked again.
            var reply = await SendAsync(connection, ["REPLICAOF", "NO", "ONE"], cancellationToken);
            if (time.GetElapsedTime(start) > AcceptTimeout)
            {
                throw new EngineException(
                    EngineFailure.Refused, $"{_name} could not be promoted within {AcceptTimeout.TotalSeconds:0} s: {reply.Text}.");
            }

            if (reply.IsError)
            {
                await Task.Delay(PollInterval, time, cancellationToken);
            }
        }
    }

    private async Task<string> AttachAsync(
        ReplicationTarget primary, AdminConnection other, GarnetTopology mine, GarnetTopology theirs, CancellationToken cancellationToken)
    {
        if (mine.Myself.IsReplica)
        {
            await PromoteAsync(cancellationToken);
        }

        // A node that was started anew has a new identity at its old address; the old one would be mistaken for it.
        await ForgetAsync(connection, mine.OthersAt(primary), theirs.Myself, cancellationToken);
        var self = new ReplicationTarget(configuration.ReplicationAddress, configuration.ReplicationPort);
        await ForgetAsync(other, theirs.OthersAt(self), mine.Myself, cancellationToken);

        // The two know each other once they have gossiped, which meeting starts; until then the order is refused.
        var reply = await SendAsync(connection, ["CLUSTER", "REPLICATE", theirs.Myself.Id, "ASYNC"], cancellationToken);
        if (!reply.IsError)
        {
            return string.Empty;
        }

        var met = await SendAsync(
            connection, ["CLUSTER", "MEET", primary.Address, primary.Port.ToString(CultureInfo.InvariantCulture)], cancellationToken);
        return met.IsError ? met.Text : reply.Text;
    }

    private async Task<bool> IsAttachedAsync(CancellationToken cancellationToken) =>
        GarnetRole.Parse(await SendAsync(connection, ["ROLE"], cancellationToken)).IsConnected;

    private static async Task ForgetAsync(
        AdminConnection asked, IEnumerable<GarnetMember> sameAddress, GarnetMember current, CancellationToken cancellationToken)
    {
        foreach (var member in sameAddress.Where(member => member.Id != current.Id))
        {
            // One that is gone by itself meanwhile is refused, which is as well; the next round looks again.
            await SendAsync(asked, ["CLUSTER", "FORGET", member.Id], cancellationToken);
        }
    }

    private async Task<GarnetTopology> TopologyAsync(AdminConnection asked, CancellationToken cancellationToken)
    {
        var reply = await SendAsync(asked, ["CLUSTER", "NODES"], cancellationToken);
        return reply.IsError
            ? throw new EngineException(EngineFailure.Refused, $"{_name} or its primary refused CLUSTER NODES: {reply.Text}.")
            : GarnetTopology.Parse(reply.Text);
    }

    private static async Task<Reply> SendAsync(AdminConnection asked, string[] command, CancellationToken cancellationToken) =>
        (await asked.CallAsync(CommandTimeout, [command], cancellationToken))[0];
}
