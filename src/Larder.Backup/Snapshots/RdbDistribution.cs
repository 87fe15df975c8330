using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Larder.Model.Clusters;

namespace Larder.Backup.Snapshots;

/// <summary>
/// Gives the keys of RDB files to others by their hash slots, without an engine: each key's record is copied as it is, with its time to live, its idle time and
/// whatever form its value has. Takes a few hundred KiB of memory, whatever the size of the files, and of a value.
/// </summary>
public static class RdbDistribution
{
    private const int KeysPerTelling = 256;

    /// <summary>Learns what is in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told the bytes read so far.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is in it.</returns>
    /// <exception cref="SnapshotException">It is damaged, or has something that this program does not know.</exception>
    public static RdbSurvey Survey(string path, Action<long> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(progress);
        var slots = new BitArray(SlotRange.Slots);
        var counts = new SortedDictionary<int, long>();
        var functions = ImmutableSortedDictionary.CreateBuilder<string, byte[]>(StringComparer.Ordinal);
        using var file = Open(path);
        var keys = new RdbKeys(file, $"'{path}'") { FunctionFound = code => functions[NameOf(code)] = code };
        while (keys.Next())
        {
            slots[KeySlot.Of(keys.Key)] = true;
            counts[(int)keys.Database] = counts.GetValueOrDefault((int)keys.Database) + 1;
            Tell(keys, progress, 0, cancellationToken);
        }

        return new RdbSurvey { Version = keys.Version, Keys = counts.ToImmutableSortedDictionary(), Slots = slots, Functions = functions.ToImmutable() };
    }

    /// <summary>Distributes.</summary>
    /// <param name="files">The files with what is in them; no key may be in two of them. Keys of slots that a survey does not name are left out.</param>
    /// <param name="targets">The files to write. All of them get all functions; of a library of the same name the last one.</param>
    /// <param name="targetOf">The target that a slot belongs to, by its index; a negative one leaves the key out.</param>
    /// <param name="firstDatabaseOnly">Leaves out the keys of all databases but the first.</param>
    /// <param name="progress">Told the bytes read so far.</param>
    /// <param name="cancellationToken">Gives up; the targets are then incomplete.</param>
    /// <returns>Keys by target.</returns>
    /// <exception cref="SnapshotException">A file is damaged, or has something that this program does not know.</exception>
    public static ImmutableArray<long> Distribute(
        IReadOnlyList<(string Path, RdbSurvey Survey)> files, IReadOnlyList<string> targets, Func<int, int> targetOf, bool firstDatabaseOnly, Action<long> progress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(targetOf);
        ArgumentNullException.ThrowIfNull(progress);
        var writers = new List<RdbWriter>();
        try
        {
            var version = files.Max(file => file.Survey.Version);
            writers.AddRange(targets.Select(target => new RdbWriter(target, version)));
            WriteFunctions(files, writers);
            var done = 0L;
            foreach (var (path, survey) in files)
            {
                using var file = Open(path);
                var keys = new RdbKeys(file, $"'{path}'");
                while (keys.Next())
                {
                    var slot = KeySlot.Of(keys.Key);
                    var target = !survey.Slots[slot] || (firstDatabaseOnly && keys.Database != 0) ? -1 : targetOf(slot);
                    keys.Copy(target < 0 ? null : writers[target]);
                    Tell(keys, progress, done, cancellationToken);
                }

                done += keys.Position;
            }

            foreach (var writer in writers)
            {
                writer.Complete();
            }

            return [.. writers.Select(writer => writer.Keys)];
        }
        finally
        {
            writers.ForEach(writer => writer.Dispose());
        }
    }

    private static void WriteFunctions(IEnumerable<(string Path, RdbSurvey Survey)> files, List<RdbWriter> writers)
    {
        var functions = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (name, code) in files.SelectMany(file => file.Survey.Functions))
        {
            functions[name] = code;
        }

        foreach (var code in functions.Values)
        {
            // A length of 32 bits, which may always stand for a shorter one.
            var length = BitConverter.GetBytes(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(code.Length));
            byte[] head = [RdbMark.Function, 0x80, .. length];
            foreach (var writer in writers)
            {
                writer.Write(head);
                writer.Write(code);
            }
        }
    }

    /// <summary>Each library begins with a line such as <c>#!lua name=mine</c>.</summary>
    private static string NameOf(byte[] code)
    {
        var line = Encoding.UTF8.GetString(code.AsSpan(0, code.AsSpan().IndexOf((byte)'\n') is >= 0 and var end ? end : code.Length));
        return line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(word => word.StartsWith("name=", StringComparison.OrdinalIgnoreCase))?[5..]
            ?? throw new SnapshotException(string.Create(CultureInfo.InvariantCulture, $"A library of functions does not begin with its name, but with '{line}'."));
    }

    private static FileStream Open(string path) => new(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });

    private static void Tell(RdbKeys keys, Action<long> progress, long before, CancellationToken cancellationToken)
    {
        if (keys.Count % KeysPerTelling == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress(before + keys.Position);
        }
    }
}
