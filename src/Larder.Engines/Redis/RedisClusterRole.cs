using System.Globalization;
using Larder.Engines.Client;
using Larder.Engines.Clusters;

namespace Larder.Engines.Redis;

/// <summary>Makes a node of a cluster a primary, or the replica of another one.</summary>
/// <param name="configuration">The node.</param>
/// <param name="cluster">Its cluster.</param>
/// <param name="connection">The connection to it.</param>
/// <param name="time">The clock of the deadlines.</param>
internal sealed class RedisClusterRole(NodeConfiguration configuration, ClusterMembership cluster, AdminConnection connection, TimeProvider time)
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FollowTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly string _name = NodeName.Of(configuration);

    /// <summary>Makes the node a primary that holds its claim, in one step for everybody who asks it meanwhile.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">It did not take all of it.</exception>
    public async Task PromoteAsync(ClusterClaim claim, CancellationToken cancellationToken)
    {
        var view = await LookAsync(cancellationToken);
        var commands = ClaimCommands.Of(view, claim);
        if (commands.Count == 0)
        {
            return;
        }

        var replies = await connection.CallAsync(CommandTimeout, commands, cancellationToken);
        var refused = replies.Concat(replies.SelectMany(reply => reply.Items)).FirstOrDefault(reply => reply.IsError);
        if (refused is not null)
        {
            throw new EngineException(EngineFailure.Refused, $"{_name} did not become a primary with all its slots: {refused.Text}.");
        }
    }

    /// <summary>
    /// Makes the node a replica. One that was a primary becomes a replica by itself when it hears of the new primary, with all its data; only that can be waited for,
    /// since an engine with data takes no such order.
    /// </summary>
    /// <param name="primary">The primary.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">It did not come to it in time; the last refusal is in the message.</exception>
    public async Task FollowAsync(ReplicationTarget primary, CancellationToken cancellationToken)
    {
        var target = cluster.At(primary)
            ?? throw new EngineException(EngineFailure.Refused, $"{_name} cannot follow {primary.Address}:{primary.Port}, which is no node of its cluster.");
        var start = time.GetTimestamp();
        var refusal = "it has not heard of the new primary";
        while (true)
        {
            var view = await LookAsync(cancellationToken);
            if (view.Myself.PrimaryId == target.NodeId)
            {
                return;
            }

            if (view.Myself.IsReplica || view.Myself.Slots.IsEmpty)
            {
                var reply = await SendAsync(["CLUSTER", "REPLICATE", target.NodeId], cancellationToken);
                refusal = reply.IsError ? reply.Text : string.Empty;
                if (reply.IsError && view.Find(target.NodeId) is null)
                {
                    await SendAsync(["CLUSTER", "MEET", target.Address, Text(target.Port), Text(target.BusPort)], cancellationToken);
                }
            }

            if (time.GetElapsedTime(start) > FollowTimeout)
            {
                throw new EngineException(
                    EngineFailure.Refused, $"{_name} did not come to follow {primary.Address}:{primary.Port} within {FollowTimeout.TotalSeconds:0} s: {refusal}.");
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private async Task<ClusterView> LookAsync(CancellationToken cancellationToken)
    {
        var replies = await connection.CallAsync(CommandTimeout, [["CLUSTER", "NODES"], ["CLUSTER", "INFO"]], cancellationToken);
        return replies.FirstOrDefault(reply => reply.IsError) is { } refused
            ? throw new EngineException(EngineFailure.Refused, $"{_name} does not tell how it sees its cluster: {refused.Text}.")
            : ClusterView.Parse(replies[0].Text, replies[1].Text);
    }

    private async Task<Reply> SendAsync(string[] command, CancellationToken cancellationToken) =>
        (await connection.CallAsync(CommandTimeout, [command], cancellationToken))[0];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
