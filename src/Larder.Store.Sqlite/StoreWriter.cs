using System.Collections.Immutable;

namespace Larder.Store.Sqlite;

/// <summary>
/// Writes to a store, each method in one durable commit. Not thread-safe: the store calls it through the one connection that writes, so what it
/// reads through that does not change before it writes.
/// </summary>
/// <param name="revision">The last revision that was committed.</param>
/// <param name="historyKept">How many commits can be watched from afterwards.</param>
/// <param name="committed">Set after each commit that changed keys.</param>
internal sealed class StoreWriter(long revision, int historyKept, ChangeSignal committed)
{
    private long _revision = revision;

    /// <summary>Checks all conditions, then executes all operations.</summary>
    /// <param name="statements">The connection.</param>
    /// <param name="transaction">Conditions and operations.</param>
    /// <param name="isAlive">Whether a lease lives.</param>
    /// <returns>Whether it was done.</returns>
    public CommitResult Commit(Statements statements, StoreTransaction transaction, Func<long, bool> isAlive)
    {
        if (transaction.Conditions.Any(condition => (RevisionOf(statements, condition.Key) ?? 0) != condition.Revision))
        {
            return new CommitResult(CommitOutcome.Conflict, _revision);
        }

        if (transaction.Operations.Any(operation => operation.LeaseId != 0 && !isAlive(operation.LeaseId)))
        {
            return new CommitResult(CommitOutcome.LeaseEnded, _revision);
        }

        Execute(
            statements,
            [.. transaction.Operations.Where(operation => operation.Value is not null || RevisionOf(statements, operation.Key) is not null)]);
        return new CommitResult(CommitOutcome.Committed, _revision);
    }

    /// <summary>Adds a lease.</summary>
    /// <param name="statements">The connection.</param>
    /// <param name="timeToLive">How long it lives after a renewal.</param>
    /// <returns>Its id.</returns>
    public static long AddLease(Statements statements, TimeSpan timeToLive)
    {
        var id = 0L;
        statements.InCommit(() =>
        {
            statements.Run("UPDATE counters SET last_lease = last_lease + 1");
            id = statements.Number("SELECT last_lease FROM counters")!.Value;
            statements.Run("INSERT INTO leases VALUES ($1, $2)", id, timeToLive.TotalMilliseconds);
        });
        return id;
    }

    /// <summary>Removes a lease and deletes its keys.</summary>
    /// <param name="statements">The connection.</param>
    /// <param name="leaseId">The lease.</param>
    public void RemoveLease(Statements statements, long leaseId) => Execute(
        statements,
        [.. statements.Rows("SELECT key FROM entries WHERE lease = $1 ORDER BY key", row => new StoreOperation(row.GetString(0), null, 0), leaseId)],
        leaseId);

    private static long? RevisionOf(Statements statements, string key) => statements.Number("SELECT revision FROM entries WHERE key = $1", key);

    /// <summary>Executes operations as the next revision; where there are none, no revision is taken.</summary>
    private void Execute(Statements statements, ImmutableArray<StoreOperation> operations, long endedLease = 0)
    {
        if (operations.IsEmpty && endedLease == 0)
        {
            return;
        }

        var next = operations.IsEmpty ? _revision : _revision + 1;
        statements.InCommit(() =>
        {
            for (var position = 0; position < operations.Length; position++)
            {
                var (key, value, lease) = operations[position];
                if (value is null)
                {
                    statements.Run("DELETE FROM entries WHERE key = $1", key);
                }
                else
                {
                    statements.Run("INSERT OR REPLACE INTO entries VALUES ($1, $2, $3, $4)", key, value, next, lease);
                }

                statements.Run("INSERT INTO history VALUES ($1, $2, $3, $4, $5)", next, position, key, value, lease);
            }

            if (endedLease != 0)
            {
                statements.Run("DELETE FROM leases WHERE id = $1", endedLease);
            }

            var oldest = next - historyKept + 1;
            if (oldest > 1)
            {
                statements.Run("DELETE FROM history WHERE revision < $1", oldest);
            }

            // A file whose history was kept longer before does not get back what was dropped.
            statements.Run("UPDATE counters SET revision = $1, oldest = max(oldest, $2)", next, oldest);
        });
        if (next != _revision)
        {
            _revision = next;
            committed.Set();
        }
    }
}
