using System.Globalization;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Larder.Store.Sqlite;

/// <summary>
/// The open file of a store: the lock that keeps other daemons away, and two connections. In WAL mode the reader always sees the last commit and
/// never waits for the writer.
/// </summary>
internal sealed class StoreFile
{
    /// <summary>Where it is.</summary>
    public required string Path { get; init; }

    /// <summary>Keeps other daemons away.</summary>
    public required StoreLock Lock { get; init; }

    /// <summary>The connection that writes; to be closed last.</summary>
    public required SqliteConnection Writer { get; init; }

    /// <summary>The connection that only reads.</summary>
    public required SqliteConnection Reader { get; init; }

    /// <summary>The last revision that was committed.</summary>
    public required long Revision { get; init; }

    /// <summary>The leases that had not ended, or whose keys could not be deleted.</summary>
    public required IReadOnlyList<(long Id, TimeSpan TimeToLive)> Leases { get; init; }

    /// <summary>Opens a store's file; makes it where there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Limits.</param>
    /// <returns>The file, of this program's schema, found undamaged, and its owner's alone.</returns>
    /// <exception cref="ControlStoreException">
    /// Another daemon has it, it is of another or a newer program, it is damaged, or it cannot be read or written. Then nothing was changed.
    /// </exception>
    public static StoreFile Open(string path, SqliteStoreOptions options)
    {
        StoreLock? storeLock = null;
        SqliteConnection? writer = null;
        SqliteConnection? reader = null;
        try
        {
            Directory.CreateDirectory(
                System.IO.Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            storeLock = StoreLock.Acquire(path);
            if (!File.Exists(path))
            {
                OwnerOnly.Open(path, FileMode.CreateNew, FileShare.ReadWrite).Dispose();
            }

            writer = Connect(path, SqliteOpenMode.ReadWrite, options);
            Inspect(writer, path);
            Schema.Scalar(writer, "PRAGMA journal_mode = WAL");
            Schema.Scalar(writer, "PRAGMA synchronous = FULL");
            Schema.Migrate(writer);
            reader = Connect(path, SqliteOpenMode.ReadOnly, options);
            using var statements = new Statements(reader);
            return new StoreFile
            {
                Path = path,
                Lock = storeLock,
                Writer = writer,
                Reader = reader,
                Revision = statements.Number("SELECT revision FROM counters") ?? throw StoreFaults.Damaged("it has no counters", path),
                Leases = statements.Rows("SELECT id, milliseconds FROM leases", row => (row.GetInt64(0), TimeSpan.FromMilliseconds(row.GetDouble(1)))),
            };
        }
        catch (Exception exception)
        {
            reader?.Dispose();
            writer?.Dispose();
            storeLock?.Dispose();
            switch (exception)
            {
                case SqliteException sqlite:
                    throw StoreFaults.From(sqlite, path);
                case IOException io:
                    throw StoreFaults.From(io, path);
                case UnauthorizedAccessException:
                    throw StoreFaults.Unopenable(exception, path);
                default:
                    throw;
            }
        }
    }

    /// <summary>Refuses what is not this program's, or damaged, before anything is changed.</summary>
    private static void Inspect(SqliteConnection connection, string path)
    {
        // The last one to close a database copies the rest of its log into it: not into one that is refused.
        SetCheckpointOnClose(connection, false);
        Schema.CheckOwner(connection, path);

        // SQLite gives the log and the shared memory the mode of the file; those that are there already keep what they have.
        foreach (var suffix in (ReadOnlySpan<string>)["", "-wal", "-shm"])
        {
            OwnerOnly.Restrict(path + suffix);
        }

        if (Schema.Scalar(connection, "PRAGMA integrity_check(1)") is not "ok" and var finding)
        {
            throw StoreFaults.Damaged(Convert.ToString(finding, CultureInfo.InvariantCulture) ?? "", path);
        }

        SetCheckpointOnClose(connection, true);
    }

    private static void SetCheckpointOnClose(SqliteConnection connection, bool wanted)
    {
        var result = raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, wanted ? 0 : 1, out _);
        SqliteException.ThrowExceptionForRC(result, connection.Handle);
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode, SqliteStoreOptions options)
    {
        // SQLite's own waiting is the bound. The library's counts whole seconds and comes on top; one is the least it can.
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            connection.Open();
            Schema.Scalar(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA busy_timeout = {(int)options.BusyTimeout.TotalMilliseconds}"));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
