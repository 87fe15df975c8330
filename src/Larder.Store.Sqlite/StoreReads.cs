using Microsoft.Data.Sqlite;

namespace Larder.Store.Sqlite;

/// <summary>What is read from a store, each from one snapshot. Entries whose lease has ended may still be among them.</summary>
internal static class StoreReads
{
    /// <summary>The most commits that are read at once: with values of the largest size they take 64 MiB.</summary>
    public const int MostCommits = 64;

    /// <summary>One key.</summary>
    /// <param name="statements">The connection.</param>
    /// <param name="key">The key.</param>
    /// <returns>The entry, or <c>null</c>.</returns>
    public static StoreEntry? Entry(Statements statements, string key) =>
        statements.Rows("SELECT key, value, revision, lease FROM entries WHERE key = $1", ReadEntry, key).FirstOrDefault();

    /// <summary>All keys with a prefix, in ordinal order.</summary>
    /// <param name="statements">The connection.</param>
    /// <param name="prefix">The prefix.</param>
    /// <returns>The entries, and the revision they are of.</returns>
    public static StoreSnapshot Entries(Statements statements, string prefix) => statements.InSnapshot(() => new StoreSnapshot(
        Revision(statements),
        [.. statements.Rows(
            "SELECT key, value, revision, lease FROM entries WHERE key >= $1 AND key < $2 ORDER BY key", ReadEntry, prefix, Beyond(prefix))]));

    /// <summary>Commits that touched a prefix.</summary>
    /// <param name="statements">The connection.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="from">The first revision wanted.</param>
    /// <returns>Those of the next <see cref="MostCommits"/> that touched it, the revision to go on from, and whether there are more.</returns>
    /// <exception cref="CompactedException">History that far back is gone.</exception>
    public static (IReadOnlyList<StoreChange> Changes, long Next, bool HasMore) History(Statements statements, string prefix, long from) =>
        statements.InSnapshot(() =>
        {
            var newest = Revision(statements);
            if (from > newest)
            {
                return ([], from, false);
            }

            if (statements.Number("SELECT oldest FROM counters")!.Value is var oldest && from < oldest)
            {
                throw new CompactedException(from, oldest);
            }

            var last = Math.Min(newest, from + MostCommits - 1);
            var rows = statements.Rows(
                """
                SELECT revision, key, value, lease FROM history
                WHERE revision BETWEEN $1 AND $2 AND key >= $3 AND key < $4 ORDER BY revision, position
                """,
                row => (Revision: row.GetInt64(0), Change: new KeyChange(row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetInt64(3))),
                from,
                last,
                prefix,
                Beyond(prefix));
            return (
                (IReadOnlyList<StoreChange>)[.. rows
                    .GroupBy(row => row.Revision)
                    .Select(commit => new StoreChange(commit.Key, [.. commit.Select(row => row.Change)]))],
                last + 1,
                last < newest);
        });

    private static long Revision(Statements statements) => statements.Number("SELECT revision FROM counters")!.Value;

    // Keys are of printable ASCII characters, so every one with the prefix is before this.
    private static string Beyond(string prefix) => prefix + '\x7f';

    private static StoreEntry ReadEntry(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3));
}
