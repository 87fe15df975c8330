using System.Globalization;

namespace Larder.Compat.Load;

/// <summary>The memory of another process, as the kernel tells it.</summary>
/// <param name="processId">The process.</param>
internal sealed class ProcessMemory(int processId)
{
    /// <summary>What it holds, in KB.</summary>
    public long Resident => Read("VmRSS:");

    /// <summary>The most that it held since <see cref="Forget"/>, in KB.</summary>
    public long Peak => Read("VmHWM:");

    /// <summary>Begins the peak anew.</summary>
    public void Forget() => File.WriteAllText($"/proc/{processId}/clear_refs", "5");

    private long Read(string name) => long.Parse(
        File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Trim().Split(' ')[0],
        CultureInfo.InvariantCulture);
}
