using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace Larder.Store.Sqlite;

/// <summary>
/// The control store of one host: one SQLite file in WAL mode, flushed at each commit, owned by one daemon. Thread-safe.
/// </summary>
/// <remarks>
/// Commits go through one connection under one gate, reads through another, which in WAL mode nothing holds up. Leases are rows, but their life is counted
/// in memory (<see cref="LeaseClock"/>): a renewal waits for no disk, an idle daemon writes nothing, and a restart gives every lease its full time again.
/// </remarks>
public sealed partial class SqliteControlStore : IControlStore
{
    private readonly string _path;
    private readonly StoreLock _lock;
    private readonly SqliteConnection _connection;
    private readonly SqliteConnection _reading;
    private readonly Statements _statements;
    private readonly Statements _reads;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SemaphoreSlim _readGate = new(1, 1);
    private readonly ChangeSignal _signal = new();
    private readonly LeaseClock _leases;
    private readonly SqliteStoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _closing = new();
    private long _revision;
    private int _sweeping;
    private volatile bool _disposed;

    private SqliteControlStore(
        string path, StoreLock storeLock, SqliteConnection connection, SqliteConnection reading, TimeProvider clock, SqliteStoreOptions options)
    {
        (_path, _lock, _connection, _reading, _options, _clock) = (path, storeLock, connection, reading, options, clock);
        _statements = new Statements(connection);
        _reads = new Statements(reading);
        _leases = new LeaseClock(clock, () => _ = SweepAsync());
    }

    /// <summary>Opens a store; makes the file where there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="clock">Counts leases.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="options">Limits; defaults where <c>null</c>.</param>
    /// <returns>The store.</returns>
    /// <exception cref="ControlStoreException">
    /// Another daemon has it, it is of a newer program, it is no database, or the folder cannot be written to.
    /// </exception>
    public static Task<SqliteControlStore> OpenAsync(
        string path, TimeProvider clock, CancellationToken cancellationToken, SqliteStoreOptions? options = null) =>
        Task.Run(() => Open(path, clock, options ?? new SqliteStoreOptions()), cancellationToken);

    /// <inheritdoc/>
    public Task<StoreEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        StoreLimits.CheckKey(key);
        return ReadAsync(
            () => _reads.Rows("SELECT key, value, revision, lease FROM entries WHERE key = $1", ReadEntry, key).FirstOrDefault(IsAlive),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        StoreLimits.CheckPrefix(prefix);
        return ReadAsync(
            () => new StoreSnapshot(
                _reads.Number("SELECT revision FROM counters")!.Value,
                [.. _reads.Rows(
                    "SELECT key, value, revision, lease FROM entries WHERE key >= $1 AND key < $2 ORDER BY key", ReadEntry, prefix, prefix + '\x7f').Where(IsAlive)]),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommitResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        StoreLimits.Check(transaction);
        return LockedAsync(() => Commit(transaction), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<long> GrantLeaseAsync(TimeSpan timeToLive, CancellationToken cancellationToken)
    {
        StoreLimits.CheckTimeToLive(timeToLive);
        return LockedAsync(
            () =>
            {
                var lease = InTransaction(() =>
                {
                    _statements.Run("UPDATE counters SET last_lease = last_lease + 1");
                    var id = _statements.Number("SELECT last_lease FROM counters")!.Value;
                    _statements.Run("INSERT INTO leases VALUES ($1, $2)", id, timeToLive.TotalMilliseconds);
                    return id;
                });
                _leases.Add(lease, timeToLive);
                return lease;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> KeepAliveAsync(long leaseId, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_leases.Renew(leaseId));
    }

    /// <inheritdoc/>
    public async Task RevokeLeaseAsync(long leaseId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_leases.End(leaseId))
        {
            return;
        }

        try
        {
            await LockedAsync(() => true, cancellationToken);
        }
        catch (ControlStoreException)
        {
            _ = SweepAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StoreChange> WatchAsync(string prefix, long fromRevision, CancellationToken cancellationToken)
    {
        StoreLimits.CheckPrefix(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(fromRevision, 1);
        return FollowAsync(prefix, fromRevision, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        await _closing.CancelAsync();
        await _gate.WaitAsync();
        await _readGate.WaitAsync();
        try
        {
            if (!_disposed)
            {
                _disposed = true;
                _leases.Dispose();
                _reads.Dispose();
                _statements.Dispose();
                await _reading.DisposeAsync();
                await _connection.DisposeAsync();
                _lock.Dispose();
                _signal.Set();
            }
        }
        finally
        {
            _readGate.Release();
            _gate.Release();
        }
    }

    private static SqliteControlStore Open(string path, TimeProvider clock, SqliteStoreOptions options)
    {
        StoreLock? storeLock = null;
        SqliteConnection? connection = null;
        SqliteConnection? reading = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            storeLock = StoreLock.Acquire(path);
            connection = StoreFile.OpenWriter(path, options);
            reading = StoreFile.OpenReader(path, options);
            var store = new SqliteControlStore(path, storeLock, connection, reading, clock, options);
            store.Load();
            return store;
        }
        catch (Exception exception)
        {
            reading?.Dispose();
            connection?.Dispose();
            storeLock?.Dispose();
            throw exception switch
            {
                SqliteException sqlite => StoreFile.Translate(sqlite, path),
                IOException or UnauthorizedAccessException => new ControlStoreException(
                    $"{path} cannot be opened: {exception.Message} Make its folder writable for this user, or choose another home.", isTransient: false, exception),
                _ => exception,
            };
        }
    }

    private static StoreEntry ReadEntry(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3));

    /// <summary>The keys of an ended lease are gone for everybody, whether their deletion is on disk already or not.</summary>
    private bool IsAlive(StoreEntry entry) => entry.LeaseId == 0 || _leases.IsAlive(entry.LeaseId);

    private void Load()
    {
        _revision = _statements.Number("SELECT revision FROM counters")!.Value;
        foreach (var (id, milliseconds) in _statements.Rows("SELECT id, milliseconds FROM leases", row => (row.GetInt64(0), row.GetDouble(1))))
        {
            _leases.Add(id, TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    private CommitResult Commit(StoreTransaction transaction)
    {
        foreach (var condition in transaction.Conditions)
        {
            if ((_statements.Number("SELECT revision FROM entries WHERE key = $1", condition.Key) ?? 0) != condition.Revision)
            {
                return new CommitResult(CommitOutcome.Conflict, _revision);
            }
        }

        if (transaction.Operations.Any(operation => operation.LeaseId != 0 && !_leases.IsAlive(operation.LeaseId)))
        {
            return new CommitResult(CommitOutcome.LeaseEnded, _revision);
        }

        Execute([.. transaction.Operations.Where(operation =>
            operation.Value is not null || _statements.Number("SELECT revision FROM entries WHERE key = $1", operation.Key) is not null)]);
        return new CommitResult(CommitOutcome.Committed, _revision);
    }

    /// <summary>Executes operations in one durable commit of the next revision; none of them is none.</summary>
    private void Execute(ImmutableArray<StoreOperation> operations, long endedLease = 0)
    {
        if (operations.IsEmpty && endedLease == 0)
        {
            return;
        }

        var revision = operations.IsEmpty ? _revision : _revision + 1;
        InTransaction(() =>
        {
            for (var position = 0; position < operations.Length; position++)
            {
                var (key, value, lease) = operations[position];
                if (value is null)
                {
                    _statements.Run("DELETE FROM entries WHERE key = $1", key);
                }
                else
                {
                    _statements.Run("INSERT OR REPLACE INTO entries VALUES ($1, $2, $3, $4)", key, value, revision, lease);
                }

                _statements.Run("INSERT INTO history VALUES ($1, $2, $3, $4, $5)", revision, position, key, value, lease);
            }

            if (endedLease != 0)
            {
                _statements.Run("DELETE FROM leases WHERE id = $1", endedLease);
            }

            var oldest = revision - _options.HistoryKept + 1;
            if (oldest > 1)
            {
                _statements.Run("DELETE FROM history WHERE revision < $1", oldest);
            }

            _statements.Run("UPDATE counters SET revision = $1, oldest = max(1, $2)", revision, oldest);
            return true;
        });
        _revision = revision;
        _signal.Set();
    }

    private void DeleteKeysOf(long leaseId)
    {
        Execute(
            [.. _statements.Rows("SELECT key FROM entries WHERE lease = $1 ORDER BY key", row => new StoreOperation(row.GetString(0), null, 0), leaseId)],
            leaseId);
        _leases.Remove(leaseId);
    }

    private T InTransaction<T>(Func<T> work)
    {
        using var transaction = _connection.BeginTransaction();
        _statements.Transaction = transaction;
        try
        {
            var result = work();
            transaction.Commit();
            return result;
        }
        finally
        {
            _statements.Transaction = null;
        }
    }

    /// <summary>Deletes the keys of ended leases; where the disk or another program refuses, again and again until it is done.</summary>
    private async Task SweepAsync()
    {
        if (Interlocked.Exchange(ref _sweeping, 1) != 0)
        {
            return;
        }

        try
        {
            while (true)
            {
                try
                {
                    await LockedAsync(() => true, _closing.Token);
                    return;
                }
                catch (ControlStoreException exception) when (exception.IsTransient)
                {
                    // The leases have ended all the same for whoever reads; only watchers wait for their change.
                    await Task.Delay(_options.RetryInterval, _clock, _closing.Token);
                }
            }
        }
        catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException)
        {
            // The store is closed; leases begin anew when it is opened.
        }
        finally
        {
            Volatile.Write(ref _sweeping, 0);
        }
    }

    /// <summary>Runs work that writes, off the caller's thread, with the keys of ended leases deleted before it.</summary>
    private async Task<T> LockedAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(
                () =>
                {
                    foreach (var lease in _leases.FindEnded())
                    {
                        DeleteKeysOf(lease);
                    }

                    return work();
                },
                CancellationToken.None);
        }
        catch (SqliteException exception)
        {
            throw StoreFile.Translate(exception, _path);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Runs work that reads one state of the store, off the caller's thread; a commit that waits does not hold it up.</summary>
    private async Task<T> ReadAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _readGate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(
                () =>
                {
                    using var transaction = _reading.BeginTransaction(deferred: true);
                    _reads.Transaction = transaction;
                    try
                    {
                        return work();
                    }
                    finally
                    {
                        _reads.Transaction = null;
                    }
                },
                CancellationToken.None);
        }
        catch (SqliteException exception)
        {
            throw StoreFile.Translate(exception, _path);
        }
        finally
        {
            _readGate.Release();
        }
    }
}
