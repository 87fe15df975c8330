using System.Collections.Immutable;
using Larder.Controller.Caches;
using Larder.Engines;
using Larder.Engines.Clusters;
using Larder.Model.Clusters;

namespace Larder.Controller.Clusters;

/// <summary>
/// Moves a few slots with their keys from the primaries that have them to those that get them, while clients use them. Whatever it finds half done, it finishes.
/// </summary>
/// <remarks>
/// <code>
/// document: these slots are on their way
/// target without slots: the functions           as the other shards have them
/// target: IMPORTING, source: MIGRATING      what the source has not, clients ask the target for (ASK)
/// MIGRATE, some keys at a time              the source stands still for a few milliseconds, then serves three times as long
/// document: they are the target's           from here on, every promotion and every view is measured by it
/// the target claims them, then SETSLOT NODE: source, others
/// </code>
/// A primary that fails on the way is replaced as always; the new one holds the same slots as on their way before anybody is led to it.
/// </remarks>
/// <param name="cluster">The cluster.</param>
/// <param name="services">What it needs.</param>
internal sealed class SlotMover(CacheCluster cluster, CacheServices services)
{
    // A batch is bounded by what it holds. The time that it takes is measured from here, where a busy host adds to it, so that it is no more than a hint.
    private static readonly TimeSpan LongestBatch = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ShortestBatch = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan EpochLimit = TimeSpan.FromSeconds(5);
    private const long BytesPerBatch = 256 << 10;
    private const long BytesOfNote = BytesPerBatch / 4;

    // Each look counts the keys of all slots that it is told of.
    private const int SlotsPerLook = 16;
    private const int FewestKeys = 32;
    private const int MostKeys = 128;

    // So many times as long as a batch took, the source serves before the next one. Measured: as long gives half the time and twice the p99.
    private const int ServingShare = 3;

    private int _keys = 64;

    /// <summary>Moves the keys of the slots that the document has on their way.</summary>
    /// <param name="state">What the control store says.</param>
    /// <param name="cancellationToken">Gives up; what is begun is found again.</param>
    /// <exception cref="EngineException">A node does not take part at the moment; nothing is lost, and it is begun again.</exception>
    public async Task MoveAsync(ClusterState state, CancellationToken cancellationToken)
    {
        var moves = state.Document.Moves;

        // From here on nobody is told anything that was so before these slots were on their way.
        await cluster.ToldAsync(cancellationToken);
        var before = Primaries();
        foreach (var first in moves.Where(move => state.Map.Of(move.To).IsEmpty).DistinctBy(move => move.To))
        {
            await CopyFunctionsAsync(first.From, first.To, cancellationToken);
        }

        // Who gets the slots first: whoever is sent there by the other one must be let in.
        foreach (var shard in moves.Select(move => move.To).Concat(moves.Select(move => move.From)).Distinct())
        {
            var (node, _) = await cluster.PrimaryAsync(shard);
            await node.HoldAsync(cluster.ClaimOf(shard, state), cancellationToken);
            if (state.Document.Scaling is { Fault.Length: > 0 })
            {
                await node.OpenReserveAsync(open: true, cancellationToken);
            }
        }

        await cluster.PublishAsync(cancellationToken);
        Unchanged(before);
        await Task.WhenAll(moves.GroupBy(move => move.From).Select(source => EmptyAsync(source.Key, [.. source], cancellationToken)));
        Unchanged(before);

        // With some patience here, so that it needs none where no shard gets a primary meanwhile.
        await cluster.AwaitEpochsAsync(moves, EpochLimit, cancellationToken);
    }

    /// <summary>
    /// Functions belong to no slot: a shard that had none gets those of another one before anybody is led to it. A client may load some meanwhile, on all shards, so that
    /// they are copied until nothing has changed.
    /// </summary>
    private async Task CopyFunctionsAsync(int from, int to, CancellationToken cancellationToken)
    {
        var (source, _) = await cluster.PrimaryAsync(from);
        var (target, _) = await cluster.PrimaryAsync(to);
        byte[]? written = null;
        while (await source.ReadFunctionsAsync(cancellationToken) is var functions && (written is null || !functions.AsSpan().SequenceEqual(written)))
        {
            await target.WriteFunctionsAsync(functions, cancellationToken);
            written = functions;
        }
    }

    /// <summary>Tells the primaries that slots have arrived.</summary>
    /// <param name="moves">The slots.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">One does not take part at the moment; the others and its own claim tell it too.</exception>
    public async Task SettleAsync(ImmutableArray<SlotMove> moves, CancellationToken cancellationToken)
    {
        await Task.WhenAll(moves.GroupBy(move => move.To).Select(group => SettleAsync(group.Key, [.. group], cancellationToken)));
    }

    /// <summary>Has all primaries keep their reserve again.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">One does not take part at the moment.</exception>
    public Task CloseReservesAsync(CancellationToken cancellationToken) => Task.WhenAll(cluster.Shards.Select(async shard =>
        await (await cluster.PrimaryAsync(shard)).Node.OpenReserveAsync(open: false, cancellationToken)));

    private async Task SettleAsync(int shard, IReadOnlyList<SlotMove> moves, CancellationToken cancellationToken)
    {
        // The target first: whoever is sent there must not be sent back.
        var slots = moves.Select(move => move.Slot).ToList();
        var owner = await cluster.PrimaryAsync(shard);
        await owner.Node.TakeAsync(slots, owner.Peer.NodeId, cancellationToken);
        await Task.WhenAll(cluster.Shards.Where(other => other != shard).Select(async other =>
            await (await cluster.PrimaryAsync(other)).Node.AssignAsync(slots, owner.Peer.NodeId, cancellationToken)));
    }

    // What a new primary had not been told when it was asked, it may have answered by itself.
    private void Unchanged(IEnumerable<(int Shard, int? Ordinal)> before)
    {
        if (!before.SequenceEqual(Primaries()))
        {
            throw new EngineException(EngineFailure.Disconnected, "a primary was replaced while slots were moved");
        }
    }

    private IEnumerable<(int Shard, int? Ordinal)> Primaries() => [.. cluster.Shards.Select(shard => (shard, cluster.PrimaryOf(shard)?.Ordinal))];

    private async Task EmptyAsync(int shard, IReadOnlyList<SlotMove> moves, CancellationToken cancellationToken)
    {
        var source = await cluster.PrimaryAsync(shard);
        foreach (var group in moves.GroupBy(move => move.To))
        {
            var target = await cluster.PrimaryAsync(group.Key);
            var slots = group.Select(move => move.Slot).ToArray();
            foreach (var some in slots.Chunk(SlotsPerLook))
            {
                await EmptyAsync(source.Node, some, target.Peer, cancellationToken);
            }

            // All at once at the end: only what is empty then has moved.
            await EmptyAsync(source.Node, slots, target.Peer, cancellationToken);
        }
    }

    private async Task EmptyAsync(IClusterNode source, IReadOnlyList<int> slots, ClusterPeer target, CancellationToken cancellationToken)
    {
        while (true)
        {
            var asked = services.Clock.GetTimestamp();
            var moved = await source.MoveKeysAsync(slots, target, new MoveLimits(Volatile.Read(ref _keys), BytesPerBatch), cancellationToken);
            if (moved.Keys == 0)
            {
                return;
            }

            var took = services.Clock.GetElapsedTime(asked);
            Adapt(moved.Keys, took);
            cluster.CountMoved(moved);

            // What took so long for a few small keys was the way there.
            var part = Math.Max(moved.Keys / (double)FewestKeys, moved.Bytes / (double)BytesOfNote);
            var pause = took * ServingShare * Math.Min(1, part);
            await Task.Delay(pause < LongestPause ? pause : LongestPause, services.Clock, cancellationToken);
        }
    }

    private void Adapt(int moved, TimeSpan took)
    {
        var keys = Volatile.Read(ref _keys);
        if (took > LongestBatch)
        {
            Volatile.Write(ref _keys, Math.Max(FewestKeys, moved / 2));
        }
        else if (took < ShortestBatch && moved == keys)
        {
            Volatile.Write(ref _keys, Math.Min(MostKeys, keys * 2));
        }
    }
}
