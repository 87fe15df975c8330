namespace Larder.Store.Sqlite;

/// <summary>Files that only their owner may read and write, whatever the process's umask is and whatever mode they had before.</summary>
internal static class OwnerOnly
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Opens a file for writing, and makes it where there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">What becomes of one that exists.</param>
    /// <param name="share">What others may do with it meanwhile; <see cref="FileShare.None"/> locks it.</param>
    /// <returns>The file; the caller disposes it.</returns>
    public static FileStream Open(string path, FileMode mode, FileShare share)
    {
        var file = new FileStream(path, new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share, UnixCreateMode = Mode });
        if (File.GetUnixFileMode(file.SafeFileHandle) != Mode)
        {
            File.SetUnixFileMode(file.SafeFileHandle, Mode);
        }

        return file;
    }

    /// <summary>Closes a file to others, where it exists.</summary>
    /// <param name="path">The file; it is not opened, since closing it would drop the locks that SQLite has on it.</param>
    public static void Restrict(string path)
    {
        if (File.Exists(path) && File.GetUnixFileMode(path) != Mode)
        {
            File.SetUnixFileMode(path, Mode);
        }
    }
}
