using Larder.Controller.Processes;

namespace Larder.Controller.Shards;

/// <summary>A handover that a shard's loop is to carry out between two cycles.</summary>
/// <param name="Force">
/// Whether the primary is ended at once instead, as by a failure: for one that cannot take part any more. What it had not replicated is lost.
/// </param>
/// <param name="Fault">What is done to the primary's process instead, without a word to anybody, as a real failure does it; <c>null</c> for nothing.</param>
/// <param name="FromEpoch">The epoch that is to end; where a later one is in force already, nothing is done.</param>
internal sealed record HandoverRequest(bool Force, ProcessSignal? Fault, long FromEpoch)
{
    private readonly TaskCompletionSource<HandoverResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the result.</summary>
    public Task<HandoverResult> Result => _result.Task;

    /// <summary>Tells the result.</summary>
    /// <param name="result">The result.</param>
    public void Complete(HandoverResult result) => _result.TrySetResult(result);
}
