using System.Collections.Immutable;
using Larder.Controller.Nodes;

namespace Larder.Controller.Shards;

/// <summary>Work on a shard's folders that a shard's loop is to have done while none of its nodes runs; then they start with what is there.</summary>
/// <param name="WhileStopped">The work; quick, since the shard is down meanwhile.</param>
internal sealed record DataExchange(Action<ImmutableArray<NodeFolders>> WhileStopped)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the work is done; fails as it failed.</summary>
    public Task Done => _done.Task;

    /// <summary>Tells that the work is done.</summary>
    public void Complete() => _done.TrySetResult();

    /// <summary>Tells that it failed.</summary>
    /// <param name="exception">How.</param>
    public void Fail(Exception exception) => _done.TrySetException(exception);
}
