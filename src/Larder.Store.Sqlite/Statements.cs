using Microsoft.Data.Sqlite;

namespace Larder.Store.Sqlite;

/// <summary>
/// The statements of one connection, each prepared once. Not thread-safe: the store calls them under its own lock.
/// </summary>
internal sealed class Statements(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    private SqliteTransaction? _transaction;

    /// <summary>Runs statements that all see one snapshot.</summary>
    /// <typeparam name="T">What they find.</typeparam>
    /// <param name="work">The statements; they only read.</param>
    /// <returns>What <paramref name="work"/> returned.</returns>
    public T InSnapshot<T>(Func<T> work) => InTransaction(work, deferred: true);

    /// <summary>Runs statements as one durable commit, or not at all where they throw.</summary>
    /// <param name="work">The statements.</param>
    public void InCommit(Action work) => InTransaction(
        () =>
        {
            work();
            return true;
        },
        deferred: false);

    /// <summary>Runs a statement that returns nothing.</summary>
    /// <param name="text">A constant statement with parameters <c>$1</c>, <c>$2</c> …</param>
    /// <param name="values">The parameters.</param>
    public void Run(string text, params ReadOnlySpan<object?> values) => Prepare(text, values).ExecuteNonQuery();

    /// <summary>Runs a statement that returns one number.</summary>
    /// <param name="text">A constant statement.</param>
    /// <param name="values">The parameters.</param>
    /// <returns>The number, or <c>null</c> where there is no row.</returns>
    public long? Number(string text, params ReadOnlySpan<object?> values) => (long?)Prepare(text, values).ExecuteScalar();

    /// <summary>Runs a statement that returns rows.</summary>
    /// <typeparam name="T">What a row becomes.</typeparam>
    /// <param name="text">A constant statement.</param>
    /// <param name="read">Reads a row.</param>
    /// <param name="values">The parameters.</param>
    /// <returns>The rows.</returns>
    public List<T> Rows<T>(string text, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var reader = Prepare(text, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }
    }

    private T InTransaction<T>(Func<T> work, bool deferred)
    {
        // One that is not deferred takes the write lock at once, so that waiting for another program happens here and nowhere else.
        using var transaction = connection.BeginTransaction(deferred);
        _transaction = transaction;
        try
        {
            var result = work();
            transaction.Commit();
            return result;
        }
        finally
        {
            _transaction = null;
        }
    }

    private SqliteCommand Prepare(string text, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(text, out var command))
        {
            command = connection.CreateCommand();
#pragma warning disable CA2100 // Statements are this program's own constants; values are parameters.
            command.CommandText = text;
#pragma warning restore CA2100
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = $"${i + 1}" });
            }

            _commands.Add(text, command);
        }

        command.Transaction = _transaction;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }
}
