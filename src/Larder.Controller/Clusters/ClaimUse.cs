using Larder.Engines.Clusters;

namespace Larder.Controller.Clusters;

/// <summary>
/// What a shard's primary must hold, and the turn in which a node is told. An engine counts the newest claim of a slot and deletes the keys of whoever had it before: a
/// node that was told what held a moment ago would take slots back from a shard that has got them, with all that is in them. Thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// shard's loop:   | turn: read the claim, look at the node, tell it |
/// slots moving:                                                      | turn of all shards: what is claimed changes |  engines are told of the change
/// </code>
/// </remarks>
/// <param name="read">Reads the claim as it is at the moment of the call.</param>
internal sealed class ClaimUse(Func<ClusterClaim> read) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>That of a shard whose cache is no cluster.</summary>
    public static ClaimUse OfNothing() => new(() => ClusterClaim.Nothing);

    /// <summary>Whether a node that saw the cluster so needs not be told. Only to know whether a turn is worth while.</summary>
    /// <param name="view">How it saw the cluster.</param>
    /// <returns>Whether it is a primary that holds the claim.</returns>
    public bool IsHeldBy(ClusterView view) => read().IsHeldBy(view);

    /// <summary>Tells a node: the claim is read when its turn has begun, and stays as it is until the node has answered.</summary>
    /// <param name="tell">Looks at the node and tells it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task TellAsync(Func<ClusterClaim, Task> tell, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await tell(read());
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Does something while nobody is told by any of these claims.</summary>
    /// <param name="uses">The claims, always in the same order.</param>
    /// <param name="work">What is done: no node may be asked in it for long, since no shard gets a primary meanwhile.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task AloneAsync(IReadOnlyList<ClaimUse> uses, Func<Task> work, CancellationToken cancellationToken)
    {
        var taken = 0;
        try
        {
            for (; taken < uses.Count; taken++)
            {
                await uses[taken]._turn.WaitAsync(cancellationToken);
            }

            await work();
        }
        finally
        {
            while (taken > 0)
            {
                uses[--taken]._turn.Release();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();
}
