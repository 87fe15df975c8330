namespace Larder.Controller.Transfers;

/// <summary>Whether a cache's clients wait, as a transfer wants it.</summary>
/// <param name="closed">Whether they do.</param>
internal sealed class ClientHold(bool closed)
{
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether clients wait.</summary>
    public bool Closed => closed;

    /// <summary>Completes when the cache's route says so.</summary>
    public Task Told => _told.Task;

    /// <summary>Tells that the cache's route says so.</summary>
    public void Tell() => _told.TrySetResult();
}
