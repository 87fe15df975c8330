using System.Text;

namespace Larder.Controller.Processes;

/// <summary>Reads the end of a log, to be shown in a message.</summary>
public static class LogTail
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>The last lines of a log, reaching back into its newest rotated file where the log itself has too few.</summary>
    /// <param name="path">The log file.</param>
    /// <param name="lines">The most lines to give; within the last 64 KiB.</param>
    /// <returns>Whole lines, oldest first, without control characters; empty where there is no log.</returns>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public static IReadOnlyList<string> Read(string path, int lines)
    {
        var (content, isWhole) = ReadEnd(path);
        // One line more than asked for: the log's first may be the end of one that began in the rotated file.
        if (isWhole && content.AsSpan().Count((byte)'\n') <= lines)
        {
            (var older, isWhole) = ReadEnd(NodeLog.RotatedPath(path, 1));
            content = [.. older, .. content];
        }

        var texts = Encoding.UTF8.GetString(content).Split('\n').Select(Clean).ToList();
        if (!isWhole)
        {
            // The first line began before what was read.
            texts.RemoveAt(0);
        }

        if (texts is [.., ""])
        {
            texts.RemoveAt(texts.Count - 1);
        }

        return texts.TakeLast(lines).ToList();
    }

    private static (byte[] Content, bool IsWhole) ReadEnd(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var length = RandomAccess.GetLength(file);
            var start = Math.Max(0, length - MaxBytes);
            var content = new byte[length - start];
            var filled = 0;
            for (int read; filled < content.Length && (read = RandomAccess.Read(file, content.AsSpan(filled), start + filled)) > 0;)
            {
                filled += read;
            }

            return (content[..filled], start == 0);
        }
        catch (Exception cause) when (cause is FileNotFoundException or DirectoryNotFoundException)
        {
            return ([], true);
        }
    }

    // What an engine logs may hold what a client sent it: no escape sequence of it may reach the terminal.
    private static string Clean(string line) => new([.. line.TrimEnd('\r').Select(character =>
        char.IsControl(character) && character != '\t' ? '\uFFFD' : character)]);
}
