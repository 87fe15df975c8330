namespace Larder.Host.Client;

/// <summary>A token that is cancelled by the caller or when a time has passed, and tells which.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _linked;

    /// <summary>Starts the time.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public Deadline(TimeSpan timeout, TimeProvider clock, CancellationToken cancellationToken)
    {
        _timer = new CancellationTokenSource(timeout, clock);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _timer.Token);
    }

    /// <summary>Either.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>Whether the time has passed.</summary>
    public bool HasPassed => _timer.IsCancellationRequested;

    /// <inheritdoc/>
    public void Dispose()
    {
        _linked.Dispose();
        _timer.Dispose();
    }
}
