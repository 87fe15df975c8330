using System.Globalization;

namespace Larder.Store.Sqlite;

/// <summary>Keeps a second daemon away from a store: an advisory lock on <c>FILE.lock</c>, which carries the holder's process id.</summary>
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
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new StoreLock(file);
        }
        catch (IOException exception) when (Holder(path) is { Length: > 0 } holder)
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
        _file.SetLength(0);
        _file.Dispose();
    }

    private static string Holder(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file);
            return reader.ReadToEnd().Trim();
        }
        catch (IOException)
        {
            // Not there, or not readable: then it is no lock that stands in the way.
            return "";
        }
    }
}
