using System.Globalization;

namespace Larder.Controller.Snapshots;

/// <summary>The memory of this host.</summary>
internal static class HostMemory
{
    /// <summary>Bytes that could be given out now, by the kernel's own estimate.</summary>
    /// <returns>The bytes.</returns>
    public static long Available()
    {
        var line = File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }
}
