using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Larder.Store.Sqlite;

/// <content>The past and the changes to come.</content>
public sealed partial class SqliteControlStore
{
    private async IAsyncEnumerable<StoreChange> FollowAsync(
        string prefix, long fromRevision, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = fromRevision;
        while (true)
        {
            // Taken before the read, so that a commit between the read and the wait still wakes us.
            var signal = _signal.Next;
            var from = next;
            var (changes, revision) = await ReadAsync(() => ReadHistory(from), cancellationToken);
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

    private (List<StoreChange> Changes, long Revision) ReadHistory(long from)
    {
        var revision = _reads.Number("SELECT revision FROM counters")!.Value;
        if (from > revision)
        {
            return ([], revision);
        }

        var oldest = _reads.Number("SELECT oldest FROM counters")!.Value;
        if (from < oldest)
        {
            throw new CompactedException(from, oldest);
        }

        return ([.. _reads.Rows(
                "SELECT revision, key, value, lease FROM history WHERE revision >= $1 ORDER BY revision, position",
                row => (Revision: row.GetInt64(0), Change: new KeyChange(row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetInt64(3))),
                from)
            .GroupBy(row => row.Revision)
            .Select(commit => new StoreChange(commit.Key, [.. commit.Select(row => row.Change)]))], revision);
    }
}
