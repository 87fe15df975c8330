using System.Collections.Immutable;
using System.Globalization;

namespace Larder.Controller.Recovery;

/// <summary>A log of a base and increments, as its manifest lists it.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Base">The base's file name, or <c>null</c> where there is none yet.</param>
/// <param name="Increments">The increments' file names in order.</param>
internal sealed record SplitLog(string Folder, string? Base, ImmutableArray<string> Increments)
{
    /// <summary>The manifest's name.</summary>
    public const string Manifest = "appendonly.aof.manifest";

    /// <summary>Reads a manifest: lines of <c>file NAME seq NUMBER type b|h|i</c>, where <c>h</c> is history that is about to be deleted.</summary>
    /// <param name="folder">The log's folder.</param>
    /// <returns>The log, or <c>null</c> where there is no manifest.</returns>
    /// <exception cref="InvalidDataException">The manifest is not of this form.</exception>
    public static SplitLog? Read(string folder)
    {
        var path = Path.Combine(folder, Manifest);
        if (!File.Exists(path))
        {
            return null;
        }

        string? first = null;
        var increments = new List<(long Number, string Name)>();
        foreach (var line in File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is not ["file", var name, "seq", var text, "type", var type, ..]
                || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || name.Contains('/', StringComparison.Ordinal))
            {
                throw new InvalidDataException($"'{path}' has a line that is none of a manifest: {line}");
            }

            if (type == "b")
            {
                first = name;
            }
            else if (type == "i")
            {
                increments.Add((number, name));
            }
        }

        return new SplitLog(folder, first, [.. increments.OrderBy(increment => increment.Number).Select(increment => increment.Name)]);
    }
}
