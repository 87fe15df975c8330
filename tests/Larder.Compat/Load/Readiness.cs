using System.Runtime.InteropServices;

namespace Larder.Compat.Load;

/// <summary>Waits for the first of several sockets, to the microsecond (<c>ppoll</c>); .NET's own wait knows milliseconds.</summary>
/// <param name="descriptors">The sockets.</param>
internal sealed unsafe partial class Readiness(IEnumerable<int> descriptors)
{
    private const short In = 1;

    private readonly Entry[] _entries = [.. descriptors.Select(descriptor => new Entry { Descriptor = descriptor, Wanted = In })];

    /// <summary>Whether a socket has something, as of the last wait.</summary>
    /// <param name="index">Which.</param>
    public bool this[int index] => _entries[index].Found != 0;

    /// <summary>Waits until one has something.</summary>
    /// <param name="limit">For so long at most.</param>
    public void Wait(TimeSpan limit)
    {
        var time = stackalloc long[2];
        var ticks = Math.Max(0, limit.Ticks);
        (time[0], time[1]) = (ticks / TimeSpan.TicksPerSecond, ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
        fixed (Entry* first = _entries)
        {
            _ = Poll(first, (nuint)_entries.Length, time, null);
        }
    }

    [LibraryImport("libc", EntryPoint = "ppoll")]
    private static partial int Poll(Entry* entries, nuint count, long* time, void* mask);

    /// <summary><c>struct pollfd</c>.</summary>
    private struct Entry
    {
        public int Descriptor;
        public short Wanted;
        public short Found;
    }
}
