using Larder.Model.Installation;

namespace Larder.Host.Client;

/// <summary>Held by the one call that starts a home's daemon; the system frees it when its holder ends, however it ends.</summary>
internal sealed class StartLock : IDisposable
{
    private readonly FileStream _file;

    private StartLock(FileStream file) => _file = file;

    /// <summary>Takes the lock if nobody has it.</summary>
    /// <param name="home">The home; its folders exist.</param>
    /// <returns>The lock, or <c>null</c> where another process has it.</returns>
    public static StartLock? TryTake(LarderHome home)
    {
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None, // flock(LOCK_EX | LOCK_NB)
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            return new StartLock(new FileStream(Path.Combine(home.RuntimeFolder, "start.lock"), options));
        }
        catch (IOException exception) when (exception.GetType() == typeof(IOException))
        {
            // The sharing violation is a plain IOException; a missing folder or a full disk has a type of its own or surfaces at the daemon.
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
