using Microsoft.Data.Sqlite;

namespace Larder.Store.Sqlite;

/// <summary>One connection of a store and its statements, used by one call at a time, off the callers' threads. Thread-safe.</summary>
/// <param name="connection">The connection; owned by this.</param>
/// <param name="path">The store's file; named in errors.</param>
/// <param name="patience">How long a call waits for those before it.</param>
internal sealed class StoreConnection(SqliteConnection connection, string path, TimeSpan patience) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Statements _statements = new(connection);
    private volatile bool _closing;
    private bool _closed;

    /// <summary>Runs work on the connection when those before it are done.</summary>
    /// <typeparam name="T">What it returns.</typeparam>
    /// <param name="work">The work; synchronous, as SQLite is.</param>
    /// <param name="cancellationToken">Gives up waiting; work that has begun is finished.</param>
    /// <returns>What the work returned.</returns>
    /// <exception cref="ControlStoreException">It failed, or had to wait for too long.</exception>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public async Task<T> RunAsync<T>(Func<Statements, T> work, CancellationToken cancellationToken)
    {
        if (!await _gate.WaitAsync(patience, cancellationToken))
        {
            throw new ControlStoreException(
                $"{path} did not come to this call within {patience.TotalSeconds:0.#} s: those before it wait for the disk or for another program. Try again.",
                isTransient: true);
        }

        try
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(SqliteControlStore));
            return await Task.Run(() => work(_statements), CancellationToken.None);
        }
        catch (SqliteException exception)
        {
            throw StoreFaults.From(exception, path);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Action<Statements> work, CancellationToken cancellationToken) => RunAsync(
        statements =>
        {
            work(statements);
            return true;
        },
        cancellationToken);

    /// <summary>Refuses all calls from now on, also those that wait; then, when the running one is done, closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _closing = true;
        await _gate.WaitAsync();
        try
        {
            if (!_closed)
            {
                _closed = true;
                _statements.Dispose();
                await connection.DisposeAsync();
            }
        }
        finally
        {
            _gate.Release();
        }
    }
}
