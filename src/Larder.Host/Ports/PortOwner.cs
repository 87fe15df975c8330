using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Larder.Host.Ports;

/// <summary>Tells which process listens on a TCP port, as far as this user may know. Source: <c>proc(5)</c>, <c>/proc/net/tcp</c>.</summary>
internal static class PortOwner
{
    private const string Listening = "0A";
    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Whether anybody listens on a port, on whatever address.</summary>
    /// <param name="port">1..65535.</param>
    /// <returns>Whether it is taken.</returns>
    public static bool IsTaken(int port) => Inodes(port).Count > 0;

    /// <summary>Who listens on a port.</summary>
    /// <param name="port">1..65535.</param>
    /// <returns>The process; <c>null</c> where nobody listens, or it is another user's and cannot be seen.</returns>
    public static ListeningProcess? Find(int port) => Owner(Inodes(port));

    /// <summary>Who listens on a port of an address, or of all addresses.</summary>
    /// <param name="address">The address: this process may itself have the same port on another one.</param>
    /// <param name="port">1..65535.</param>
    /// <returns>The process; <c>null</c> where nobody listens, or it is another user's and cannot be seen.</returns>
    public static ListeningProcess? Find(IPAddress address, int port) => Owner(
        [.. Tables.Where(File.Exists).SelectMany(table => Inodes(File.ReadLines(table), port, local => IsAt(local, address)))]);

    private static ListeningProcess? Owner(List<string> inodes)
    {
        var sockets = inodes.Select(inode => $"socket:[{inode}]").ToHashSet(StringComparer.Ordinal);
        if (sockets.Count == 0)
        {
            return null;
        }

        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Has(folder, sockets))
            {
                return new ListeningProcess(pid, NameOf(folder));
            }
        }

        return null;
    }

    /// <summary>The inodes of the sockets that listen on a port, from one table.</summary>
    /// <param name="table">The table's lines, its heading included.</param>
    /// <param name="port">The port.</param>
    /// <param name="isMeant">Which local addresses count, as the table writes them; left out: all.</param>
    /// <returns>The inodes.</returns>
    internal static IEnumerable<string> Inodes(IEnumerable<string> table, int port, Func<string, bool>? isMeant = null)
    {
        var wanted = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
        return table.Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[3] == Listening && fields[1].EndsWith(wanted, StringComparison.Ordinal))
            .Where(fields => isMeant is null || isMeant(fields[1][..^wanted.Length]))
            .Select(fields => fields[9]);
    }

    /// <summary>Whether an address of the table is the one, or stands for all: hexadecimal, each four bytes as a number of this machine's order.</summary>
    internal static bool IsAt(string local, IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        var words = Enumerable.Range(0, bytes.Length / 4).Select(word => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(word * 4)));
        return local == string.Concat(words.Select(word => word.ToString("X8", CultureInfo.InvariantCulture))) || local.All(digit => digit == '0');
    }

    private static List<string> Inodes(int port) =>
        [.. Tables.Where(File.Exists).SelectMany(table => Inodes(File.ReadLines(table), port))];

    private static bool Has(string processFolder, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(processFolder, "fd"))
                .Any(descriptor => TargetOf(descriptor) is { } target && sockets.Contains(target));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or belongs to another user.
            return false;
        }
    }

    private static string? TargetOf(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget;
        }
        catch (IOException)
        {
            // Closed since it was listed.
            return null;
        }
    }

    private static string NameOf(string processFolder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(processFolder, "comm")).Trim();
        }
        catch (IOException)
        {
            return "ended since";
        }
    }
}
