using Microsoft.Data.Sqlite;

namespace Larder.Store.Tests;

/// <summary>Another program that uses a file of SQLite.</summary>
internal static class ForeignProgram
{
    /// <summary>Opens a file; makes it where there is none.</summary>
    public static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    /// <summary>Runs statements.</summary>
    /// <returns>The first value of the first that has one.</returns>
    public static object? Run(SqliteConnection connection, string statements)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statements;
        return command.ExecuteScalar();
    }

    /// <summary>Opens a file, runs statements and closes it.</summary>
    public static void Run(string path, string statements)
    {
        using var connection = Open(path);
        Run(connection, statements);
    }
}
