using System.Globalization;
using System.Text;

namespace Larder.Store.Sqlite;

/// <summary>
/// Keeps a second daemon away from a store: an advisory lock on <c>FILE.lock</c>. Whose it is says <c>FILE.pid</c>: the locked file itself cannot be
/// opened by others, since .NET takes a lock on all that it opens.
/// </summary>
internal sealed class StoreLock : IDisposable
{
    // EWOULDBLOCK: another open file holds the lock. .NET gives the number of the system as the result of the exception.
    private const int WouldBlock = 11;

    private readonly FileStream _file;

    private StoreLock(FileStream file) => _file = file;

    /// <summary>Takes the lock.</summary>
    /// <param name="storePath">The store's file.</param>
    /// <returns>The lock, until it is disposed or the process ends.</returns>
    /// <exception cref="ControlStoreException">Another process holds it; the message names it.</exception>
    public static StoreLock Acquire(string storePath)
    {
        var file = Lock(storePath);
        try
        {
            using var owner = OwnerOnly.Open(OwnerPath(storePath), FileMode.Create, FileShare.Read);
            owner.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            owner.Flush();
            return new StoreLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The note of the owner stays: without the lock it means nothing, and deleting it could delete a successor's.
        _file.Dispose();
    }

    private static FileStream Lock(string storePath)
    {
        try
        {
            return OwnerOnly.Open(storePath + ".lock", FileMode.OpenOrCreate, FileShare.None);
        }
        catch (IOException exception) when (exception.HResult == WouldBlock)
        {
            throw new ControlStoreException(
                $"{storePath} is in use by {Holder(OwnerPath(storePath))}. Stop it with `larder down`, or choose another home.",
                isTransient: true,
                exception);
        }
    }

    private static string OwnerPath(string storePath) => storePath + ".pid";

    private static string Holder(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim() is { Length: > 0 } id ? $"the daemon with process id {id}" : "another daemon";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It holds the lock, but has not noted its id yet, or it is another user's.
            return "another daemon";
        }
    }
}
