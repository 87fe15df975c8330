using System.Text;

namespace Larder.Security.Files;

/// <summary>
/// Writes files that only their owner may read, so that a reader at any moment, even after a power cut, finds the old content or the new one and
/// never a part: a temporary file beside the target, flushed, renamed, and the folder flushed. Thread-safe within one process; one process per folder.
/// </summary>
public static class OwnerOnlyFile
{
    /// <summary>0600.</summary>
    public const UnixFileMode PrivateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>0644, for what is meant to be given away, such as the installation's CA certificate.</summary>
    public const UnixFileMode PublicMode = PrivateMode | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>0700.</summary>
    public const UnixFileMode PrivateFolderMode = PrivateMode | UnixFileMode.UserExecute;

    private const UnixFileMode OthersMask = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    // The temporary name is fixed, so that what a crash left is replaced by the next write instead of piling up.
    private static readonly Lock WriteLock = new();

    /// <summary>Creates a folder with mode 0700, and its missing parents likewise; an existing folder is left as it is.</summary>
    /// <param name="folder">The folder.</param>
    public static void CreateFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        // CreateDirectory gives its mode to the last folder only, so the missing parents come first.
        if (Path.GetDirectoryName(Path.GetFullPath(folder)) is { } parent)
        {
            CreateFolder(parent);
        }

        Directory.CreateDirectory(folder, PrivateFolderMode);
    }

    /// <summary>Writes or replaces a file; its folder is created (0700) when missing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">UTF-8 is written, without a byte order mark.</param>
    /// <param name="mode">The file's mode, whatever the process's umask and the replaced file's mode are; 0600 by default.</param>
    /// <exception cref="IOException">Disk full, no such device, and the like; the old content stays.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission; the old content stays.</exception>
    public static void Write(string path, string content, UnixFileMode mode = PrivateMode) => Write(path, Encoding.UTF8.GetBytes(content), mode);

    /// <inheritdoc cref="Write(string, string, UnixFileMode)"/>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode = PrivateMode) =>
        _ = Put(path, content, mode, overwrite: true);

    /// <summary>As <see cref="Write(string, string, UnixFileMode)"/>, but leaves a file that exists already as it is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="mode">Its mode.</param>
    /// <returns><c>false</c> where the file existed already.</returns>
    public static bool TryWriteNew(string path, ReadOnlySpan<byte> content, UnixFileMode mode = PrivateMode) =>
        Put(path, content, mode, overwrite: false);

    /// <summary>Makes the names in a folder (a rename, a new file) survive a power cut.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <exception cref="IOException">The folder cannot be opened or flushed.</exception>
    public static void FlushFolder(string folder) => DurableFolder.Flush(folder);

    /// <summary>Refuses a file or folder that somebody besides its owner may read, write or enter.</summary>
    /// <param name="path">An existing file or folder.</param>
    /// <exception cref="SecretFileException">It is open to others; the message has the command that mends it.</exception>
    public static void RequireOwnerOnly(string path)
    {
        var mode = File.GetUnixFileMode(path);
        if (IsOpenToOthers(mode))
        {
            var wanted = Directory.Exists(path) ? "700" : "600";
            throw new SecretFileException(path,
                $"'{path}' has mode {Octal(mode)} and is open to other users of this machine. Run: chmod {wanted} '{path}'");
        }
    }

    internal static bool IsOpenToOthers(UnixFileMode mode) => (mode & OthersMask) != 0;

    internal static string Octal(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8);

    internal static string TemporaryPath(string path) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, $".{Path.GetFileName(path)}.tmp");

    private static bool Put(string path, ReadOnlySpan<byte> content, UnixFileMode mode, bool overwrite)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var temporary = TemporaryPath(path);
        lock (WriteLock)
        {
            CreateFolder(folder);
            File.Delete(temporary);
            try
            {
                WriteThrough(temporary, content, mode);
                File.Move(temporary, path, overwrite);
            }
            catch (IOException) when (!overwrite && File.Exists(path))
            {
                File.Delete(temporary);
                return false;
            }
            catch
            {
                File.Delete(temporary);
                throw;
            }

            DurableFolder.Flush(folder);
            return true;
        }
    }

    private static void WriteThrough(string temporary, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        using var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
            UnixCreateMode = PrivateMode,
        });
        stream.Write(content);
        File.SetUnixFileMode(stream.SafeFileHandle, mode);
        stream.Flush(flushToDisk: true);
    }
}
