using System.Buffers;
using Larder.Gateway.Clusters;
using Larder.Gateway.Commands;
using Larder.Gateway.Gathering;
using Larder.Model.Clusters;

namespace Larder.Gateway.Relay;

/// <content>Where commands of clustered caches go.</content>
internal sealed partial class CommandDoor
{
    /// <summary>Looks at the shards of a command of a client that knows nothing of them.</summary>
    /// <returns>What happens to it where it is not for the shard that the engine connection leads to; else <c>null</c>.</returns>
    private Admission? AdmitRouted(
        CommandKind kind, KnownCommand? known, in CommandView command, bool isWhole, ClusterView cluster, IBufferWriter<byte> replacement)
    {
        // In a transaction the engine queues it; a subscriber in RESP2 is told by the engine that he may not.
        var mayGather = known is not null && kind is CommandKind.Plain or CommandKind.Script && !state.InTransaction && !(settings.Protocol == 2 && state.Subscriptions.Count > 0);
        if (mayGather && IsForSeveral(command, known!, isWhole, cluster))
        {
            return Gather(known!, null, replacement);
        }

        if (ShardFinder.Find(command, cache.Effects, cluster) is not { } shard)
        {
            return null;
        }

        if (mayGather && !isWhole && session.HasMetMovingSlots)
        {
            return Gather(known!, shard, replacement);
        }

        if (shard == cache.ShardOf(session.Aim))
        {
            return null;
        }

        if (mayGather && (state.Subscriptions.Count > 0 || !state.IsCarryable))
        {
            return Gather(known!, shard, replacement); // A subscriber who moved would miss what is published meanwhile.
        }

        // Channels of shards go with him only where they all belong.
        var mayLeave = state.Subscriptions.NamesOf(SubscriptionKind.Shard).All(channel => cluster.ShardOfSlot(KeySlot.Of(channel)) == shard);
        if (state is { IsCarryable: true, Watching: false, TransactionCommands: <= 1 } && mayLeave)
        {
            NextShard = shard;
            return Admission.Reroute;
        }

        if (!state.InTransaction && !state.Watching && mayLeave)
        {
            return null;
        }

        _commands++;
        _queued = state.InTransaction;
        var crossing = Answer(Replies.CrossSlot.ToArray(), _mode != ReplyMode.On, replacement);
        if (state.InTransaction)
        {
            state.Queue(StandIn);
        }

        return crossing;
    }

    /// <summary>Whether a command is for several shards, or for one that only the gateway can tell.</summary>
    private static bool IsForSeveral(in CommandView command, KnownCommand known, bool isWhole, ClusterView cluster)
    {
        if (known.Name == "scan")
        {
            return isWhole && command.TryGet(1, out var cursor) && Scatter.ReadCursor(cursor, cluster.Shards.Length) is not null;
        }

        if (!Scatter.IsSplittable(known.Name))
        {
            return Scatter.IsForAll(known.Name, command.Subcommand) && !cluster.Shards.IsEmpty;
        }

        var keys = CommandKeys.FindFixed(command.Count, known);
        if (keys.Count < 2 || command.Count != keys[^1] + Math.Max(1, known.KeyStep))
        {
            return false; // One that is an argument short is for an engine to refuse.
        }

        // Of one that has not arrived whole nobody knows yet.
        return !isWhole || (command.TryReadAll() is { } arguments && keys.Exists(key => KeySlot.Of(arguments[key]) != KeySlot.Of(arguments[keys[0]])));
    }

    private Admission Gather(KnownCommand known, int? shard, IBufferWriter<byte> replacement)
    {
        settings.LastCommand = known.Name;
        AllShareable = false;
        Gathered = new GatherOrder(known, shard, _mode != ReplyMode.On);
        if (_mode == ReplyMode.SkipNext)
        {
            _mode = ReplyMode.On;
            _commands++;
            replacement.Write(StandIn); // The engine connection is to leave out one reply, which is this one's.
        }

        return Admission.Gather;
    }
}
