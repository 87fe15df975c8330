using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Larder.Controller.Processes;

/// <summary>
/// Keeps a node's log bounded while the node writes it: <c>node.log</c>, then <c>node.log.1</c> (newest) to <c>node.log.N</c>, all 0600.
/// <para>
/// The node has the file open for appending and cannot be told to open another, so its content is copied away and then removed from its front. On ext4
/// and XFS exactly the copied blocks are removed (<c>FALLOC_FL_COLLAPSE_RANGE</c>) and no byte is lost. Elsewhere the file is truncated right after a
/// read that found its end: what the node writes between those two calls, some microseconds, is lost. A line may begin in one file and end in the next;
/// <see cref="LogTail"/> joins it. One rotation at a time per log.
/// </para>
/// </summary>
/// <param name="path">The log file.</param>
/// <param name="maxBytes">The size beyond which it is rotated.</param>
/// <param name="keep">How many rotated files are kept, 1 or more.</param>
public sealed class NodeLog(string path, long maxBytes, int keep)
{
    private const int BlockBytes = 4096;
    private const int CopyBytes = 128 * 1024;
    private readonly int _keep = keep >= 1 ? keep : throw new ArgumentOutOfRangeException(nameof(keep), keep, "At least one rotated file is kept.");

    /// <summary>The rotated file of a given age.</summary>
    /// <param name="path">The log file.</param>
    /// <param name="age">1 for the newest.</param>
    /// <returns>Its path.</returns>
    public static string RotatedPath(string path, int age) => string.Create(CultureInfo.InvariantCulture, $"{path}.{age}");

    /// <summary>Rotates the log if it has grown beyond its limit.</summary>
    /// <returns>Whether it was rotated; <c>false</c> also where there is no log yet.</returns>
    /// <exception cref="IOException">The copy could not be written (disk full): the log has all it had.</exception>
    public bool RotateIfNeeded()
    {
        if (!File.Exists(path) || new FileInfo(path).Length <= maxBytes)
        {
            return false;
        }

        Rotate(canCollapse: true);
        return true;
    }

    internal void Rotate(bool canCollapse)
    {
        // Shared: the base class library locks what it opens, and a reader of the log may be at it.
        using var log = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var whole = (RandomAccess.GetLength(log) - 1) / BlockBytes * BlockBytes;
        var temporary = path + ".rotating";
        using var copy = CreateCopy(temporary);
        try
        {
            CopyRange(log, copy, 0, whole);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        // The copy gets its name before the original loses anything: a crash in between shows lines twice, never not at all.
        Shift();
        File.Move(temporary, RotatedPath(path, 1), overwrite: true);
        if (!canCollapse || whole == 0 || LinuxCalls.Allocate(log, LinuxCalls.CollapseRange, 0, whole) != 0)
        {
            // Nothing may come between the read that finds the end and the truncation.
            CopyRange(log, copy, whole, long.MaxValue);
            RandomAccess.SetLength(log, 0);
        }
    }

    private static FileStream CreateCopy(string temporary)
    {
        File.Delete(temporary);
        return new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    private static void CopyRange(SafeFileHandle from, FileStream to, long start, long end)
    {
        var buffer = new byte[CopyBytes];
        for (var at = start; at < end;)
        {
            var read = RandomAccess.Read(from, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)), at);
            if (read == 0)
            {
                return;
            }

            to.Write(buffer, 0, read);
            at += read;
        }
    }

    private void Shift()
    {
        for (var age = _keep - 1; age >= 1; age--)
        {
            if (File.Exists(RotatedPath(path, age)))
            {
                File.Move(RotatedPath(path, age), RotatedPath(path, age + 1), overwrite: true);
            }
        }
    }
}
