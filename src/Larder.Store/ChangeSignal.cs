namespace Larder.Store;

/// <summary>Wakes everybody who waits for the next commit. Thread-safe.</summary>
public sealed class ChangeSignal
{
    private volatile TaskCompletionSource _next = New();

    /// <summary>Completes at the first <see cref="Set"/> after it was read.</summary>
    public Task Next => _next.Task;

    /// <summary>Wakes all waiters.</summary>
    public void Set() => Interlocked.Exchange(ref _next, New()).SetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
