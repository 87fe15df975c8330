using System.Collections.Immutable;
using Larder.Controller.Nodes;

namespace Larder.Controller.Shards;

/// <summary>Work on a shard's folders that a shard's loop is to have done while none of its nodes runs; then they start with what is there.</summary>
/// <param name="Reason">Why the shard is stopped: ends the sentence that tells of it.</param>
/// <param name="WhileStopped">
/// The work; quick, since the shard is down meanwhile. Where it returns a plan, the nodes are started as that says; else as they were.
/// </param>
internal sealed record DataExchange(string Reason, Func<ImmutableArray<NodeFolders>, CancellationToken, Task<ShardPlan?>> WhileStopped)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How long a node may take to save what it has and to end before it is killed; <c>null</c> for as long as any stop may take.</summary>
    public TimeSpan? StopLimit { get; init; }

    /// <summary>
    /// Whether the primary gives back the commands that wait there (BLPOP and the like) before it ends, so that they wait at the next one. Of unclustered caches.
    /// </summary>
    public bool GivesBack { get; init; }

    /// <summary>Completes when the work is done; fails as it failed.</summary>
    public Task Done => _done.Task;

    /// <summary>Tells that the work is done.</summary>
    public void Complete() => _done.TrySetResult();

    /// <summary>Tells that it failed.</summary>
    /// <param name="exception">How.</param>
    public void Fail(Exception exception) => _done.TrySetException(exception);
}
