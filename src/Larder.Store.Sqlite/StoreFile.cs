using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Larder.Store.Sqlite;

/// <summary>Opens the file of a store: whose it is, whether it is whole, who may read it; and says in words what SQLite says in numbers.</summary>
internal static class StoreFile
{
    private const int ErrorBusy = 5;
    private const int ErrorReadOnly = 8;
    private const int ErrorFull = 13;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Opens the connection that writes; makes the file where there is none, and brings it to the newest schema.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Limits.</param>
    /// <returns>The connection.</returns>
    /// <exception cref="ControlStoreException">It is another program's, or a newer Larder's, or damaged; it was left as it is.</exception>
    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public static SqliteConnection OpenWriter(string path, SqliteStoreOptions options)
    {
        CreateOwnerOnly(path);
        var connection = Connect(path, options);
        try
        {
            Schema.ThrowIfForeign(connection, path);
            if (Schema.Scalar(connection, "PRAGMA quick_check(1)") as string is not "ok")
            {
                throw Damaged(path, null);
            }

            Schema.Scalar(connection, "PRAGMA journal_mode = WAL");
            Schema.Scalar(connection, "PRAGMA synchronous = FULL");
            Schema.Migrate(connection, path);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that reads: in WAL mode nobody holds it up.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Limits.</param>
    /// <returns>The connection.</returns>
    public static SqliteConnection OpenReader(string path, SqliteStoreOptions options)
    {
        var connection = Connect(path, options);
        Schema.Scalar(connection, "PRAGMA query_only = ON");
        return connection;
    }

    /// <summary>What an error of SQLite means to a user.</summary>
    /// <param name="exception">The error.</param>
    /// <param name="path">The file.</param>
    /// <returns>The error to throw.</returns>
    public static ControlStoreException Translate(SqliteException exception, string path) => exception.SqliteErrorCode switch
    {
        ErrorFull => new($"The disk that holds {path} is full; nothing was changed. Free some space and try again.", isTransient: true, exception),
        ErrorBusy => new($"{path} is locked by another program for too long; nothing was changed. Try again.", isTransient: true, exception),
        ErrorReadOnly => new($"{path} cannot be written to: {exception.Message}. Make the file and its folder writable for this user.", isTransient: false, exception),
        _ => Damaged(path, exception),
    };

    private static ControlStoreException Damaged(string path, SqliteException? exception) => new(
        $"{path} cannot be used: {exception?.Message ?? "its pages contradict each other"}. If it is damaged, restore it from a copy.", isTransient: false, exception);

    private static SqliteConnection Connect(string path, SqliteStoreOptions options)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
            DefaultTimeout = Math.Max(1, (int)Math.Ceiling(options.BusyTimeout.TotalSeconds)),
        }.ToString());
        connection.Open();
        Schema.Scalar(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA busy_timeout = {(long)options.BusyTimeout.TotalMilliseconds}"));
        return connection;
    }

    /// <summary>SQLite gives its other files the mode of this one.</summary>
    private static void CreateOwnerOnly(string path)
    {
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            UnixCreateMode = OwnerOnly,
        });
        File.SetUnixFileMode(file.SafeFileHandle, OwnerOnly);
    }
}
