using Larder.Gateway.Commands;
using Larder.Model.Clusters;

namespace Larder.Gateway.Clusters;

/// <summary>Finds the shard of a command, for clients that know nothing of shards.</summary>
internal static class ShardFinder
{
    /// <summary>The shard of a command's first key.</summary>
    /// <param name="command">The command, as much of it as has arrived.</param>
    /// <param name="effects">What the engine knows.</param>
    /// <param name="cluster">The shards.</param>
    /// <returns>Its id; <c>null</c> where the command has no key, or nobody knows.</returns>
    public static int? Find(in CommandView command, CommandEffects effects, ClusterView cluster) =>
        effects.Find(command.Name) is { } known && CommandKeys.Find(command, known) is [var first, ..] && command.TryGet(first, out var key)
            ? cluster.ShardOfSlot(KeySlot.Of(key))
            : null;
}
