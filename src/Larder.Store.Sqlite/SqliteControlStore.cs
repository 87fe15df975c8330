using System.Runtime.CompilerServices;

namespace Larder.Store.Sqlite;

/// <summary>
/// The control store of one host: one SQLite file in WAL mode, flushed at each commit, owned by one daemon. Thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// Commit, Grant, Revoke --> writing connection, one at a time --> file, its log
/// Get, List, Watch -------> reading connection, one at a time --> the last commit, without waiting for writers
/// KeepAlive --------------> LeaseClock, in memory
/// LeaseClock --ended--> LeaseSweeper --> writing connection: delete the lease's keys
/// </code>
/// Leases live and die in memory: an idle daemon writes nothing, and neither a full disk nor another program's lock makes one live longer. From that
/// moment reads leave out its keys. Deleting them takes a commit, which is tried at once and where it is refused again and again; until it is done, all
/// other commits fail. A lease that was not deleted when the daemon ended lives again, as every lease does: a restart gives each its full time.
/// </remarks>
public sealed class SqliteControlStore : IControlStore
{
    private readonly StoreFile _file;
    private readonly StoreConnection _writing;
    private readonly StoreConnection _reading;
    private readonly StoreWriter _writer;
    private readonly ChangeSignal _committed = new();
    private readonly LeaseClock _leases;
    private readonly LeaseSweeper _sweeper;
    private bool _disposed;

    private SqliteControlStore(StoreFile file, TimeProvider clock, SqliteStoreOptions options)
    {
        _file = file;
        _writing = new StoreConnection(file.Writer, file.Path, options.QueueTimeout);
        _reading = new StoreConnection(file.Reader, file.Path, options.QueueTimeout);
        _writer = new StoreWriter(file.Revision, options.HistoryKept, _committed);
        _sweeper = new LeaseSweeper(clock, SweepAsync);
        _leases = new LeaseClock(clock, _sweeper.Wake);
        foreach (var (id, timeToLive) in file.Leases)
        {
            _leases.Add(id, timeToLive);
        }
    }

    /// <summary>Opens a store; makes the file where there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="clock">Counts leases.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="options">Limits; defaults where <c>null</c>.</param>
    /// <returns>The store.</returns>
    /// <exception cref="ControlStoreException">
    /// Another daemon has it, it is of another or a newer program, it is damaged, the disk is full, or the folder cannot be written to.
    /// </exception>
    public static Task<SqliteControlStore> OpenAsync(
        string path, TimeProvider clock, CancellationToken cancellationToken, SqliteStoreOptions? options = null) =>
        Task.Run(
            () =>
            {
                var limits = options ?? new SqliteStoreOptions();
                return new SqliteControlStore(StoreFile.Open(Path.GetFullPath(path), limits), clock, limits);
            },
            cancellationToken);

    /// <inheritdoc/>
    public async Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        StoreLimits.CheckKey(key);
        var entry = await _reading.RunAsync(statements => StoreReads.Entry(statements, key), cancellationToken);
        return entry is not null && IsVisible(entry) ? entry : null;
    }

    /// <inheritdoc/>
    public async Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        StoreLimits.CheckPrefix(prefix);
        var snapshot = await _reading.RunAsync(statements => StoreReads.Entries(statements, prefix), cancellationToken);
        return snapshot with { Entries = [.. snapshot.Entries.Where(IsVisible)] };
    }

    /// <inheritdoc/>
    public Task<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        StoreLimits.Check(transaction);
        return _writing.RunAsync(
            statements =>
            {
                Sweep(statements);
                return _writer.Commit(statements, transaction, _leases.IsAlive);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        StoreLimits.CheckTimeToLive(timeToLive);
        return _writing.RunAsync(
            statements =>
            {
                var lease = StoreWriter.AddLease(statements, timeToLive);
                _leases.Add(lease, timeToLive);
                return lease;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> KeepAliveAsync(long leaseId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        return Task.FromResult(_leases.Renew(leaseId));
    }

    /// <inheritdoc/>
    public async Task RevokeLeaseAsync(long leaseId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
        if (!_leases.End(leaseId))
        {
            return;
        }

        try
        {
            await SweepAsync(cancellationToken);
        }
        catch
        {
            // It has ended, whatever became of this call: watchers are to hear of it as soon as possible.
            _sweeper.Wake();
            throw;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreChange> WatchAsync(string prefix, long fromRevision, CancellationToken cancellationToken)
    {
        StoreLimits.CheckPrefix(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(fromRevision, 1);
        return Watch(prefix, fromRevision, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
        {
            return;
        }

        _leases.Dispose();
        await _reading.DisposeAsync();

        // Watches wake, and find the store closed.
        _committed.Set();
        try
        {
            await _sweeper.DisposeAsync();
        }
        finally
        {
            // The last connection to close copies the log into the file; only then may another daemon have it.
            await _writing.DisposeAsync();
            _file.Lock.Dispose();
        }
    }

    private async IAsyncEnumerable<StoreChange> Watch(
        string prefix, long fromRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = fromRevision;
        while (true)
        {
            // Taken before the read, so that a commit between the read and the wait still wakes us.
            var committed = _committed.Next;
            (var changes, next, var hasMore) = await _reading.RunAsync(statements => StoreReads.History(statements, prefix, next), cancellationToken);
            foreach (var change in changes)
            {
                yield return change;
            }

            if (!hasMore)
            {
                await committed.WaitAsync(cancellationToken);
            }
        }
    }

    private bool IsVisible(StoreEntry entry) => entry.LeaseId == 0 || _leases.IsAlive(entry.LeaseId);

    private Task SweepAsync(CancellationToken cancellationToken) => _writing.RunAsync(Sweep, cancellationToken);

    /// <summary>Deletes the keys of leases that have ended, each lease's in one commit.</summary>
    private void Sweep(Statements statements)
    {
        foreach (var lease in _leases.FindEnded())
        {
            _writer.RemoveLease(statements, lease);
            _leases.Remove(lease);
        }
    }
}
