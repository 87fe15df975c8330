using System.Globalization;

namespace Larder.Store.Sqlite;

/// <summary>
/// Keeps a second daemon away from a store: an advisory lock on <c>FILE.lock</c>. Whose it is says <c>FILE.pid</c>: the locked file itself cannot be
/// opened by others, since .NET takes a lock on all that it opens.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    private readonly FileStream _file;

    private StoreLock(FileStream file) => _file = file;

    /// <summary>Takes the lock.</summary>
    /// <param name="storePath">The store's file.</param>
    /// <returns>The lock, until it is disposed or the process ends.</returns>
    /// <exception cref="ControlStoreException">Another process holds it; the message names it.</exception>
    public static StoreLock Acquire(string storePath)
    {
        var path = storePath + ".lock";
        try
        {
            var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            var owner = new FileStream(OwnerPath(storePath), new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            using (owner)
            {
                owner.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            }

            return new StoreLock(file);
        }
        catch (IOException exception) when (Holder(OwnerPath(storePath)) is { Length: > 0 } holder)
        {
            throw new ControlStoreException(
                $"{storePath} is in use by the daemon with process id {holder}. Stop it with `larder down`, or choose another home.",
                isTransient: true,
                exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The note of the owner stays: without the lock it means nothing, and deleting it could delete a successor's.
        _file.Dispose();
    }

    private static string OwnerPath(string storePath) => storePath + ".pid";

    private static string Holder(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (IOException)
        {
            // Not there, or not readable: then it is no daemon that stands in the way.
            return "";
        }
    }
}
