namespace Larder.EndToEnd.Tests.Harness;

/// <summary>Who listens where, as the kernel tells it.</summary>
internal static class ListeningPorts
{
    /// <summary>The TCP ports that processes listen on.</summary>
    /// <param name="pids">The processes.</param>
    public static async Task<IReadOnlySet<int>> OfAsync(IReadOnlyCollection<int> pids)
    {
        var inodes = new HashSet<string>();
        foreach (var pid in pids)
        {
            foreach (var descriptor in new DirectoryInfo($"/proc/{pid}/fd").EnumerateFiles())
            {
                if (descriptor.LinkTarget is { } target && target.StartsWith("socket:[", StringComparison.Ordinal))
                {
                    inodes.Add(target["socket:[".Length..^1]);
                }
            }
        }

        var ports = new HashSet<int>();
        foreach (var table in new[] { "/proc/net/tcp", "/proc/net/tcp6" })
        {
            foreach (var line in (await File.ReadAllLinesAsync(table)).Skip(1))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields[3] == "0A" && inodes.Contains(fields[9]))
                {
                    ports.Add(Convert.ToInt32(fields[1].Split(':')[1], 16));
                }
            }
        }

        return ports;
    }
}
