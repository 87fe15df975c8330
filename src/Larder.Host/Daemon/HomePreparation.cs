using Larder.Model.Installation;

namespace Larder.Host.Daemon;

/// <summary>Makes the home's folders, owner-only, and refuses a home that cannot be used.</summary>
internal static class HomePreparation
{
    // ENOSPC, EDQUOT: .NET gives the number of the system as the result of the exception.
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Prepares a home.</summary>
    /// <param name="home">The home.</param>
    /// <exception cref="DaemonStartException">It cannot be used; nothing was started.</exception>
    public static void Prepare(LarderHome home)
    {
        try
        {
            if (File.Exists(home.Root))
            {
                throw new DaemonStartException("home_unusable", $"{home.Root} is a file; the home must be a folder. Name another with --home.", [], refused: true);
            }

            Directory.CreateDirectory(home.Root, OwnerOnly);
            foreach (var folder in new[] { Path.GetDirectoryName(home.StorePath)!, Path.GetDirectoryName(home.DaemonLog)!, home.RuntimeFolder })
            {
                Directory.CreateDirectory(folder, OwnerOnly);
            }

            CheckRuntimeFolder(home.RuntimeFolder);
            TryWriting(home.Root);
        }
        catch (IOException exception) when (exception.HResult is NoSpace or QuotaExceeded)
        {
            throw new DaemonStartException(
                "disk_full", $"The disk that holds {home.Root} is full; nothing was changed. Free some space, or name another home with --home.", [], refused: true);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new DaemonStartException(
                "home_unusable", $"{home.Root} cannot be written to: {exception.Message.TrimEnd('.')}. Make it writable, or name another home with --home.", [],
                refused: true);
        }
    }

    /// <summary>Writes a byte and takes it away again, also where the disk has no room for it.</summary>
    private static void TryWriting(string folder)
    {
        using var probe = new FileStream(Path.Combine(folder, ".writable"), new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        probe.WriteByte(0);
    }

    /// <summary>A runtime folder under /tmp may have been made by somebody else, who would then see our sockets.</summary>
    private static void CheckRuntimeFolder(string folder)
    {
        var mode = File.GetUnixFileMode(folder);
        if ((mode & Others) == 0)
        {
            return;
        }

        // Fails where the folder belongs to another user, which is the case that matters.
        File.SetUnixFileMode(folder, OwnerOnly);
    }
}
