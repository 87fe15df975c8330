namespace Larder.Controller.Shards;

/// <summary>Wakes one waiting loop; signals that come while it works are remembered as one. Thread-safe.</summary>
/// <param name="clock">The clock that bounds waits.</param>
internal sealed class WakeSignal(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _signal = New();

    /// <summary>Wakes the loop.</summary>
    public void Set()
    {
        lock (_gate)
        {
            _signal.TrySetResult();
        }
    }

    /// <summary>Waits for a signal, or for the bound to pass.</summary>
    /// <param name="bound">The longest wait.</param>
    /// <param name="cancellationToken">Ends the wait with an exception.</param>
    public async Task WaitAsync(TimeSpan bound, CancellationToken cancellationToken)
    {
        Task signal;
        lock (_gate)
        {
            signal = _signal.Task;
        }

        if (!signal.IsCompleted)
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var elapsed = Task.Delay(bound, clock, timeout.Token);
            await Task.WhenAny(signal, elapsed);
            await timeout.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }

        lock (_gate)
        {
            if (_signal.Task.IsCompleted)
            {
                _signal = New();
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
