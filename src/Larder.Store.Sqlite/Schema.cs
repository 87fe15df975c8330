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
        "PRAGMA application_id = 1281454692",
    ];

    /// <summary>What <c>PRAGMA application_id</c> says in a store: "Lard".</summary>
    private const int ApplicationId = 0x4C617264;

    /// <summary>The version that this program writes, and the newest it understands.</summary>
    public static int Version => Steps.Length;

    /// <summary>Refuses a database that is not a store, or one that is too new.</summary>
    /// <param name="connection">An open connection; nothing is written.</param>
    /// <param name="path">The file; named in errors.</param>
    /// <exception cref="ControlStoreException">The file is of another or a newer program.</exception>
    public static void CheckOwner(SqliteConnection connection, string path)
    {
        var application = Number(connection, "PRAGMA application_id");
        var found = Number(connection, "PRAGMA user_version");
        var tables = Scalar(connection, "SELECT coalesce(group_concat(name, ' '), '') FROM (SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name)");
        var isOurs = (application, found, tables) switch
        {
            (ApplicationId, _, _) => true,
            (0, 0, "") => true, // New, or left before anything was written.
            (0, 1, "counters entries history leases") => true, // The first version had no application id.
            _ => false,
        };
        if (!isOurs)
        {
            throw new ControlStoreException(
                $"{path} is the database of another program, not a control store. Nothing was changed. Move it away, or choose another home.",
                isTransient: false);
        }

        if (found > Version)
        {
            throw new ControlStoreException(
                $"{path} was written by a newer Larder (schema {found}; this one understands up to {Version}). Nothing was changed. Install a newer Larder.",
                isTransient: false);
        }
    }

    /// <summary>Brings a file that was checked to <see cref="Version"/>, step by step.</summary>
    /// <param name="connection">An open connection.</param>
    public static void Migrate(SqliteConnection connection)
    {
        for (var version = Number(connection, "PRAGMA user_version"); version < Version; version++)
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

    private static int Number(SqliteConnection connection, string statement) =>
        Convert.ToInt32(Scalar(connection, statement), CultureInfo.InvariantCulture);

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
