using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Larder.Model.Events;
using Larder.Security.Files;

namespace Larder.Controller.Events;

/// <summary>One cache's events on disk: a line of JSON each, in a file for its owner alone. Used by one thread at a time.</summary>
/// <remarks>A line that a crash has torn is left out at the next reading, and the file is then written anew.</remarks>
/// <param name="path">The file.</param>
internal sealed class EventFile(string path)
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Lines in the file.</summary>
    public int Lines { get; private set; }

    /// <summary>Whether the file is not as it should be: it has lines that cannot be read, or lacks some.</summary>
    public bool Damaged { get; private set; }

    /// <summary>Reads all events that can be read.</summary>
    /// <returns>In the order of their sequences; empty where there is no file.</returns>
    /// <exception cref="IOException">The file is there and cannot be read.</exception>
    public IReadOnlyList<CacheEvent> Read()
    {
        if (!File.Exists(path))
        {
            return [];
        }

        var text = File.ReadAllText(path);
        var events = new List<CacheEvent>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Lines++;
            if (TryParse(line) is { } happened && happened.Sequence > (events.Count == 0 ? 0 : events[^1].Sequence))
            {
                events.Add(happened);
            }
            else
            {
                Damaged = true;
            }
        }

        Damaged |= text.Length > 0 && !text.EndsWith('\n');
        return events;
    }

    /// <summary>Adds an event.</summary>
    /// <param name="happened">The event.</param>
    /// <exception cref="IOException">It could not be written; the next <see cref="Replace"/> mends the file.</exception>
    public void Append(CacheEvent happened)
    {
        // Until it is known to be whole, the line counts as torn.
        Damaged = true;
        OwnerOnlyFile.CreateFolder(Path.GetDirectoryName(path)!);
        using (var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            BufferSize = 0,
            UnixCreateMode = OwnerOnlyFile.PrivateMode,
        }))
        {
            stream.Write(Line(happened));
            stream.Flush(flushToDisk: true);
        }

        Lines++;
        Damaged = false;
    }

    /// <summary>Writes the whole file anew.</summary>
    /// <param name="events">All that it is to have.</param>
    /// <exception cref="IOException">It could not be written; what was there is there still.</exception>
    public void Replace(IReadOnlyCollection<CacheEvent> events)
    {
        using var content = new MemoryStream();
        foreach (var happened in events)
        {
            content.Write(Line(happened));
        }

        OwnerOnlyFile.Write(path, content.ToArray());
        (Lines, Damaged) = (events.Count, false);
    }

    /// <summary>Removes the file.</summary>
    public void Delete() => File.Delete(path);

    private static byte[] Line(CacheEvent happened) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(happened, Form) + "\n");

    private static CacheEvent? TryParse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<CacheEvent>(line, Form);
        }
        catch (JsonException)
        {
            // Torn, or of a newer Larder: one line is not worth more than the rest.
            return null;
        }
    }
}
