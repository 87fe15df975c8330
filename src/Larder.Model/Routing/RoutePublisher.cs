namespace Larder.Model.Routing;

/// <summary>The writable end of an <see cref="IRouteSource"/>. Thread-safe; one writer is expected.</summary>
public sealed class RoutePublisher : IRouteSource
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = NewSignal();
    private volatile RouteTable _current = RouteTable.Empty;

    /// <inheritdoc/>
    public RouteTable Current => _current;

    /// <summary>Replaces the table and wakes everybody who waits.</summary>
    /// <param name="table">The new table.</param>
    public void Publish(RouteTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        TaskCompletionSource signal;
        lock (_gate)
        {
            _current = table;
            signal = _changed;
            _changed = NewSignal();
        }

        signal.SetResult();
    }

    /// <inheritdoc/>
    public async Task<RouteTable> WaitForChangeAsync(RouteTable seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task signal;
            lock (_gate)
            {
                if (!ReferenceEquals(_current, seen))
                {
                    return _current;
                }

                signal = _changed.Task;
            }

            await signal.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
