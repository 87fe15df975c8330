using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Larder.Store.Sqlite;

/// <summary>
/// The control store of one host: one SQLite file in WAL mode, flushed at each commit, owned by one daemon. Thread-safe.
/// </summary>
/// <remarks>
/// All work goes through one connection under one gate: commits are serial in SQLite anyway, and reads take microseconds. Leases are rows, their renewals
/// are counted in memory (<see cref="LeaseClock"/>): an idle daemon writes nothing, and a restart gives every lease its full time again.
/// </remarks>
public sealed class SqliteControlStore : IControlStore
{
    private const int SqliteReadOnly = 8;
    private const int SqliteFull = 13;
    private const int SqliteBusy = 5;

    private readonly string _path;
    private readonly StoreLock _lock;
    private readonly SqliteConnection _connection;
    private readonly Statements _statements;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ChangeSignal _signal = new();
    private readonly LeaseClock _leases;
    private readonly SqliteStoreOptions _options;
    private long _revision;
    private bool _disposed;

    private SqliteControlStore(string path, StoreLock storeLock, SqliteConnection connection, TimeProvider clock, SqliteStoreOptions options)
    {
        (_path, _lock, _connection, _options) = (path, storeLock, connection, options);
        _statements = new Statements(connection);
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
        return LockedAsync(
            () => _statements.Rows("SELECT key, value, revision, lease FROM entries WHERE key = $1", ReadEntry, key).FirstOrDefault(),
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StoreSnapshot> ListAsync(string prefix, CancellationToken cancellationToken) => LockedAsync(
        () => new StoreSnapshot(
            _revision,
            [.. _statements.Rows(
                "SELECT key, value, revision, lease FROM entries WHERE key >= $1 AND key < $2 ORDER BY key", ReadEntry, prefix, prefix + '\x7f')]),
        cancellationToken);

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
    public Task<bool> KeepAliveAsync(long leaseId, CancellationToken cancellationToken) =>
        LockedAsync(() => _leases.Renew(leaseId), cancellationToken);

    /// <inheritdoc/>
    public Task RevokeLeaseAsync(long leaseId, CancellationToken cancellationToken) => LockedAsync(
        () =>
        {
            End(leaseId);
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoreChange> WatchAsync(
        string prefix, long fromRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fromRevision, 1);
        var next = fromRevision;
        while (true)
        {
            // Taken before the read, so that a commit between the read and the wait still wakes us.
            var signal = _signal.Next;
            var (changes, revision) = await LockedAsync(() => (ReadHistory(next), _revision), cancellationToken);
            next = Math.Max(next, revision + 1);
            foreach (var change in changes)
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

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _leases.Dispose();
            _statements.Dispose();
            await _connection.DisposeAsync();
            _lock.Dispose();
        }
        finally
        {
            _gate.Release();
        }
    }

    private static SqliteControlStore Open(string path, TimeProvider clock, SqliteStoreOptions options)
    {
        StoreLock? storeLock = null;
        SqliteConnection? connection = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            storeLock = StoreLock.Acquire(path);
            CreateOwnerOnly(path);
            connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 5 }.ToString());
            connection.Open();
            Schema.Scalar(connection, "PRAGMA journal_mode = WAL");
            Schema.Scalar(connection, "PRAGMA synchronous = FULL");
            Schema.Scalar(connection, "PRAGMA busy_timeout = 5000");
            Schema.Migrate(connection, path);
            var store = new SqliteControlStore(path, storeLock, connection, clock, options);
            store.Load();
            return store;
        }
        catch (Exception exception)
        {
            connection?.Dispose();
            storeLock?.Dispose();
            throw exception switch
            {
                SqliteException sqlite => Translate(sqlite, path),
                IOException or UnauthorizedAccessException => new ControlStoreException(
                    $"{path} cannot be opened: {exception.Message} Make its folder writable for this user, or choose another home.", isTransient: false, exception),
                _ => exception,
            };
        }
    }

    private static void CreateOwnerOnly(string path)
    {
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    private static ControlStoreException Translate(SqliteException exception, string path) => exception.SqliteErrorCode switch
    {
        SqliteFull => new($"The disk that holds {path} is full; nothing was changed. Free some space and try again.", isTransient: true, exception),
        SqliteBusy => new($"{path} is locked by another program for too long; nothing was changed. Try again.", isTransient: true, exception),
        SqliteReadOnly => new($"{path} cannot be written to: {exception.Message}. Make the file and its folder writable for this user.", isTransient: false, exception),
        _ => new($"{path} cannot be used: {exception.Message}. If it is damaged, restore it from a copy.", isTransient: false, exception),
    };

    private static StoreEntry ReadEntry(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3));

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

    private List<StoreChange> ReadHistory(long from)
    {
        if (from > _revision)
        {
            return [];
        }

        var oldest = _statements.Number("SELECT oldest FROM counters")!.Value;
        if (from < oldest)
        {
            throw new CompactedException(from, oldest);
        }

        return [.. _statements.Rows(
                "SELECT revision, key, value, lease FROM history WHERE revision >= $1 ORDER BY revision, position",
                row => (Revision: row.GetInt64(0), Change: new KeyChange(row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetInt64(3))),
                from)
            .GroupBy(row => row.Revision)
            .Select(commit => new StoreChange(commit.Key, [.. commit.Select(row => row.Change)]))];
    }

    private void End(long leaseId)
    {
        if (_leases.Remove(leaseId))
        {
            Execute(
                [.. _statements.Rows("SELECT key FROM entries WHERE lease = $1 ORDER BY key", row => new StoreOperation(row.GetString(0), null, 0), leaseId)],
                leaseId);
        }
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

    private async Task SweepAsync()
    {
        try
        {
            await LockedAsync(() => true, CancellationToken.None);
        }
        catch (ObjectDisposedException)
        {
            // The store was closed while the timer fired; leases begin anew when it is opened.
        }
        catch (ControlStoreException exception) when (exception.IsTransient)
        {
            // The leases have ended all the same: every read and commit sweeps first, and tells its caller if it cannot.
        }
    }

    /// <summary>Runs work under the gate, off the caller's thread, with ended leases swept before it: nobody ever sees their keys.</summary>
    private async Task<T> LockedAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return await Task.Run(
                () =>
                {
                    foreach (var lease in _leases.FindEnded())
                    {
                        End(lease);
                    }

                    return work();
                },
                CancellationToken.None);
        }
        catch (SqliteException exception)
        {
            throw Translate(exception, _path);
        }
        finally
        {
            _gate.Release();
        }
    }
}
