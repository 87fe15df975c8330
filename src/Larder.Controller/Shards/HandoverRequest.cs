namespace Larder.Controller.Shards;

/// <summary>A handover that a shard's loop is to carry out between two cycles.</summary>
/// <param name="Force">
/// Whether the primary is ended at once instead, as by a failure: for one that cannot take part any more. What it had not replicated is lost.
/// </param>
internal sealed record HandoverRequest(bool Force)
{
    private readonly TaskCompletionSource<HandoverResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the result.</summary>
    public Task<HandoverResult> Result => _result.Task;

    /// <summary>Tells the result.</summary>
    /// <param name="result">The result.</param>
    public void Complete(HandoverResult result) => _result.TrySetResult(result);
}
