using System.Globalization;

namespace Larder.Controller.Processes;

/// <summary>What <c>/proc/&lt;pid&gt;/stat</c> says of a process.</summary>
/// <param name="Name">Its program's name, at most 15 characters; a program may choose any text.</param>
/// <param name="State">One letter: <c>R</c>, <c>S</c>, <c>D</c>, <c>T</c> …; <c>Z</c> has ended and is not reaped.</param>
/// <param name="ParentPid">Its parent.</param>
/// <param name="SessionId">Its session: the pid of the process that opened it.</param>
/// <param name="StartTimeTicks">When it started, in clock ticks (usually 1/100 s) since boot.</param>
internal sealed record ProcessStat(string Name, char State, int ParentPid, int SessionId, long StartTimeTicks)
{
    /// <summary>Whether it has ended, though its parent has not asked for its exit code yet.</summary>
    public bool HasEnded => State is 'Z' or 'X' or 'x';

    /// <summary>Reads a process's line.</summary>
    /// <param name="pid">The process.</param>
    /// <returns>The line's content, or <c>null</c> where there is no such process.</returns>
    public static ProcessStat? TryRead(int pid)
    {
        try
        {
            return Parse(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat")));
        }
        catch (IOException)
        {
            // No such file; or no such process, where it ended between the opening of its file and the reading.
            return null;
        }
    }

    /// <summary>Reads one line.</summary>
    /// <param name="line">The line, such as <c>12 (a) b) S 1 12 12 …</c>: the name may hold blanks and brackets, so the last bracket ends it.</param>
    /// <returns>Its content.</returns>
    internal static ProcessStat Parse(string line)
    {
        var nameEnd = line.LastIndexOf(')');
        var nameStart = line.IndexOf('(', StringComparison.Ordinal);
        // Field 3 of the manual page is fields[0] here.
        var fields = line[(nameEnd + 2)..].Split(' ');
        return new ProcessStat(
            line[(nameStart + 1)..nameEnd],
            fields[0][0],
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            int.Parse(fields[3], CultureInfo.InvariantCulture),
            long.Parse(fields[19], CultureInfo.InvariantCulture));
    }
}
