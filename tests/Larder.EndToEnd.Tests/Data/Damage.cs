using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>What disks do to files.</summary>
internal static class Damage
{
    /// <summary>The beginning of a command that is not there whole.</summary>
    public const string Torn = "*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$100\r\nwritt";

    // Before it are the database's choice and a timestamp.
    private const int Head = 300;

    public static string Nodes(Installation larder, string cache) => Path.Combine(larder.Home, "caches", cache, "nodes");

    public static string Node(Installation larder, string cache, int node) => Path.Combine(Nodes(larder, cache), $"{node}");

    /// <summary>The logs of a cache's nodes, also those in the second storage.</summary>
    public static string[] Logs(Installation larder, string cache) =>
        Directory.GetFiles(Nodes(larder, cache), "*.incr.aof", SearchOption.AllDirectories);

    public static string[] Snapshots(Installation larder, string cache) => Directory.GetFiles(Nodes(larder, cache), "dump.rdb", SearchOption.AllDirectories);

    /// <summary>Ends a log in the middle of a command.</summary>
    public static void Tear(string log) => File.AppendAllText(log, Torn);

    /// <summary>A length in the middle is none any more. A bit that flips inside a value is another matter: logs have no checksums.</summary>
    public static void Spoil(string log)
    {
        var bytes = File.ReadAllBytes(log);
        var at = bytes.AsSpan(Head).IndexOf("\r\n$"u8) + Head;
        Assert.True(at > Head);
        bytes[at + 2] = (byte)'!';
        File.WriteAllBytes(log, bytes);
    }

    /// <summary>Flips a bit in the middle of a snapshot.</summary>
    public static void Flip(string snapshot) => Replace(snapshot, bytes =>
    {
        bytes[bytes.Length / 2] ^= 4;
        return bytes;
    });

    /// <summary>Cuts a snapshot in its middle, and not where a byte of its data looks like the end mark before a checksum.</summary>
    public static void Cut(string snapshot) => Replace(
        snapshot, bytes => bytes[..Enumerable.Range(1, bytes.Length / 2).Last(length => length > 9 && bytes[length - 9] != 0xFF)]);

    // A file of its own: the nodes' snapshots may be one file with several names.
    private static void Replace(string path, Func<byte[], byte[]> change)
    {
        var bytes = change(File.ReadAllBytes(path));
        File.Delete(path);
        File.WriteAllBytes(path, bytes);
    }
}
