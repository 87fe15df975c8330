using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Larder.Store.Sqlite;

/// <summary>The tables, and how an older file is brought to them. <c>PRAGMA user_version</c> says which step a file is at.</summary>
internal static class Schema
{
    /// <summary>Step by step: the statement at index <c>n</c> leads from version <c>n</c> to <c>n + 1</c>. Steps are never changed, only added.</summary>
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE entries (
            key      TEXT PRIMARY KEY NOT NULL,
            value    TEXT NOT NULL,
            revision INTEGER NOT NULL,
            lease    INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX entries_by_lease ON entries (lease) WHERE lease <> 0;
        CREATE TABLE history (
            revision INTEGER NOT NULL,
            position INTEGER NOT NULL,
            key      TEXT NOT NULL,
            value    TEXT,
            lease    INTEGER NOT NULL,
            PRIMARY KEY (revision, position)
        ) WITHOUT ROWID;
        CREATE TABLE leases (
            id           INTEGER PRIMARY KEY NOT NULL,
            milliseconds REAL NOT NULL
        );
        CREATE TABLE counters (
            one        INTEGER PRIMARY KEY CHECK (one = 1),
            revision   INTEGER NOT NULL,
            oldest     INTEGER NOT NULL,
            last_lease INTEGER NOT NULL
        );
        INSERT INTO counters VALUES (1, 0, 1, 0);
        """,
    ];

    /// <summary>The version that this program writes, and the newest it understands.</summary>
    public static int Version => Steps.Length;

    /// <summary>Refuses a file that another program made, before anything is written to it.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="path">The file; named in errors.</param>
    /// <exception cref="ControlStoreException">It is another program's.</exception>
    public static void ThrowIfForeign(SqliteConnection connection, string path)
    {
        var version = Convert.ToInt64(Scalar(connection, "PRAGMA user_version"), CultureInfo.InvariantCulture);
        var tables = Convert.ToInt64(Scalar(connection, "SELECT count(*) FROM sqlite_master"), CultureInfo.InvariantCulture);
        var ours = Convert.ToInt64(
            Scalar(connection, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('entries', 'history', 'leases', 'counters')"),
            CultureInfo.InvariantCulture);
        if ((version == 0 && tables > 0) || (version > 0 && ours < 4))
        {
            throw new ControlStoreException(
                $"{path} is the database of another program. Nothing was changed. Choose another home for Larder.", isTransient: false);
        }
    }

    /// <summary>Brings a file to <see cref="Version"/>.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="path">The file; named in errors.</param>
    /// <exception cref="ControlStoreException">The file is of a newer program.</exception>
    public static void Migrate(SqliteConnection connection, string path)
    {
        var found = Convert.ToInt32(Scalar(connection, "PRAGMA user_version"), CultureInfo.InvariantCulture);
        if (found > Version)
        {
            throw new ControlStoreException(
                $"{path} was written by a newer Larder (schema {found}; this one understands up to {Version}). Nothing was changed. Install a newer Larder.",
                isTransient: false);
        }

        for (var version = found; version < Version; version++)
        {
            using var transaction = connection.BeginTransaction();
            Execute(connection, transaction, Steps[version]);
            Execute(connection, transaction, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {version + 1}"));
            transaction.Commit();
        }
    }

    /// <summary>Runs a statement outside a transaction and reads its first value.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="statement">A constant statement.</param>
    /// <returns>The value, or <c>null</c>.</returns>
    public static object? Scalar(SqliteConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements are this program's own constants.
        command.CommandText = statement;
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction transaction, string statements)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Statements are this program's own constants.
        command.CommandText = statements;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
