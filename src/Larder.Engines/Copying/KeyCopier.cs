using System.Globalization;
using System.Text;

namespace Larder.Engines.Copying;

/// <summary>
/// Copies all keys of one running node to another of the same engine and version: each value as the engine itself writes it (DUMP, RESTORE), with its
/// time to live. A key that the other one has is replaced. For nodes that nobody else writes to.
/// </summary>
public static class KeyCopier
{
    private const int KeysPerBatch = 256;

    /// <summary>Copies.</summary>
    /// <param name="from">The node to read.</param>
    /// <param name="to">The node to write to.</param>
    /// <param name="databases">The databases to copy.</param>
    /// <param name="progress">Told the keys copied so far.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The keys copied.</returns>
    /// <exception cref="EngineException">A node refused a command or ended.</exception>
    public static async Task<long> CopyAsync(
        NodeConfiguration from, NodeConfiguration to, int databases, Action<long> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(progress);
        using var source = await ByteConnection.OpenAsync(from, cancellationToken);
        using var target = await ByteConnection.OpenAsync(to, cancellationToken);
        var copied = 0L;
        for (var database = 0; database < databases; database++)
        {
            byte[][] select = [Text("SELECT"), ByteConnection.Text(database)];
            await source.CallAsync([select], cancellationToken);
            await target.CallAsync([select], cancellationToken);
            var cursor = Text("0");
            do
            {
                var page = (object?[])(await source.CallAsync([[Text("SCAN"), cursor, Text("COUNT"), ByteConnection.Text(KeysPerBatch)]], cancellationToken))[0]!;
                cursor = (byte[])page[0]!;
                copied += await CopyAsync(source, target, [.. ((object?[])page[1]!).Select(key => (byte[])key!)], cancellationToken);
                progress(copied);
            }
            while (cursor is not [(byte)'0']);
        }

        return copied;
    }

    private static async Task<int> CopyAsync(ByteConnection source, ByteConnection target, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
        {
            return 0;
        }

        var read = await source.CallAsync([.. keys.SelectMany(key => new byte[][][] { [Text("DUMP"), key], [Text("PTTL"), key] })], cancellationToken);
        var writes = new List<byte[][]>();
        for (var index = 0; index < keys.Count; index++)
        {
            // A key that has expired since it was listed is gone, as it would be anywhere.
            if (read[2 * index] is byte[] value && read[(2 * index) + 1] is long left and not -2)
            {
                writes.Add([Text("RESTORE"), keys[index], Text(Math.Max(left, 0).ToString(CultureInfo.InvariantCulture)), value, Text("REPLACE")]);
            }
        }

        await target.CallAsync(writes, cancellationToken);
        return writes.Count;
    }

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text);
}
