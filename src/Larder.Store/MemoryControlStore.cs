using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Larder.Store;

/// <summary>A control store that forgets everything when it is disposed: the full contract without a disk. Thread-safe.</summary>
public sealed class MemoryControlStore : IControlStore
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, StoreEntry> _entries = new(StringComparer.Ordinal);
    private readonly List<StoreChange> _history = [];
    private readonly ChangeSignal _signal = new();
    private readonly LeaseClock _leases;
    private readonly int _historyKept;
    private long _revision;
    private long _oldest = 1;
    private long _lastLease;
    private bool _disposed;

    /// <summary>Makes an empty store.</summary>
    /// <param name="clock">Counts leases.</param>
    /// <param name="historyKept">How many commits can be watched from afterwards.</param>
    public MemoryControlStore(TimeProvider clock, int historyKept = 10_000)
    {
        _historyKept = historyKept;
        _leases = new LeaseClock(clock, Sweep);
    }

    /// <inheritdoc/>
    public Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        StoreLimits.CheckKey(key);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            BeginLocked();
            return Task.FromResult(_entries.GetValueOrDefault(key));
        }
    }

    /// <inheritdoc/>
    public Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        StoreLimits.CheckPrefix(prefix);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            BeginLocked();
            return Task.FromResult(new StoreSnapshot(
                _revision, [.. _entries.Values.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))]));
        }
    }

    /// <inheritdoc/>
    public Task<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        StoreLimits.Check(transaction);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            BeginLocked();
            if (transaction.Conditions.Any(condition => (_entries.GetValueOrDefault(condition.Key)?.Revision ?? 0) != condition.Revision))
            {
                return Task.FromResult(new CommitResult(CommitOutcome.Conflict, _revision));
            }

            if (transaction.Operations.Any(operation => operation.LeaseId != 0 && !_leases.IsAlive(operation.LeaseId)))
            {
                return Task.FromResult(new CommitResult(CommitOutcome.LeaseEnded, _revision));
            }

            Execute([.. transaction.Operations.Where(operation => operation.Value is not null || _entries.ContainsKey(operation.Key))]);
            return Task.FromResult(new CommitResult(CommitOutcome.Committed, _revision));
        }
    }

    /// <inheritdoc/>
    public Task<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        StoreLimits.CheckTimeToLive(timeToLive);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            BeginLocked();
            _leases.Add(++_lastLease, timeToLive);
            return Task.FromResult(_lastLease);
        }
    }

    /// <inheritdoc/>
    public Task<bool> KeepAliveAsync(long leaseId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            BeginLocked();
            return Task.FromResult(_leases.Renew(leaseId));
        }
    }

    /// <inheritdoc/>
    public Task RevokeLeaseAsync(long leaseId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            _leases.End(leaseId);
            BeginLocked();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreChange> WatchAsync(string prefix, long fromRevision, CancellationToken cancellationToken)
    {
        StoreLimits.CheckPrefix(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(fromRevision, 1);
        return Watch(prefix, fromRevision, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _leases.Dispose();
        lock (_gate)
        {
            _disposed = true;
        }

        // Watches wake, and find the store closed.
        _signal.Set();
        return ValueTask.CompletedTask;
    }

    private async IAsyncEnumerable<StoreChange> Watch(
        string prefix, long fromRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = fromRevision;
        while (true)
        {
            Task signal;
            List<StoreChange> batch;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (next < _oldest)
                {
                    throw new CompactedException(next, _oldest);
                }

                signal = _signal.Next;
                batch = [.. _history.Where(change => change.Revision >= next)];
                next = Math.Max(next, _revision + 1);
            }

            foreach (var change in batch)
            {
                var touched = change.Changes.Where(one => one.Key.StartsWith(prefix, StringComparison.Ordinal)).ToImmutableArray();
                if (!touched.IsEmpty)
                {
                    yield return change with { Changes = touched };
                }
            }

            await signal.WaitAsync(cancellationToken);
        }
    }

    private void Sweep()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                BeginLocked();
            }
        }
    }

    /// <summary>What every call does first: the keys of leases that have ended are deleted, so that nobody ever sees them.</summary>
    private void BeginLocked()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var lease in _leases.FindEnded())
        {
            Execute([.. _entries.Values.Where(entry => entry.LeaseId == lease).Select(entry => new StoreOperation(entry.Key, null, 0))]);
            _leases.Remove(lease);
        }
    }

    private void Execute(ImmutableArray<StoreOperation> operations)
    {
        if (operations.IsEmpty)
        {
            return;
        }

        _revision++;
        foreach (var operation in operations)
        {
            if (operation.Value is { } value)
            {
                _entries[operation.Key] = new StoreEntry(operation.Key, value, _revision, operation.LeaseId);
            }
            else
            {
                _entries.Remove(operation.Key);
            }
        }

        _history.Add(new StoreChange(_revision, [.. operations.Select(operation => new KeyChange(operation.Key, operation.Value, operation.LeaseId))]));
        if (_history.Count > _historyKept)
        {
            _history.RemoveRange(0, _history.Count - _historyKept);
            _oldest = _history[0].Revision;
        }

        _signal.Set();
    }
}
