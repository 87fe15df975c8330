namespace Larder.Backup.Storages;

/// <summary>
/// A place where snapshots are kept: a folder, or a container of a cloud store. Content goes through as a stream; no implementation holds more than
/// a few blocks of it. Thread-safe.
/// </summary>
/// <remarks>Errors: <see cref="StorageException"/>, which names the storage and the object and never carries a credential.</remarks>
public interface IStorage
{
    /// <summary>Its name in the daemon's settings.</summary>
    string Name { get; }

    /// <summary>Where it is, for people; without a credential.</summary>
    string Location { get; }

    /// <summary>Writes a small object, reads it and deletes it: finds a wrong credential or a read-only folder before it matters.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Writes an object; readers see all of it or nothing. One that was broken off goes on where it stood when the same content is written to the same
    /// path again, where the storage can do that.
    /// </summary>
    /// <param name="path">See <see cref="ObjectPath"/>.</param>
    /// <param name="content">The content, read from where it stands to its end.</param>
    /// <param name="progress">Told the bytes taken so far, or <c>null</c>.</param>
    /// <param name="cancellationToken">Gives up; what was transferred may be left for the next try.</param>
    Task WriteAsync(string path, Stream content, Action<long>? progress, CancellationToken cancellationToken);

    /// <summary>Opens an object for reading.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Its content; the caller disposes it.</returns>
    Task<Stream> OpenAsync(string path, CancellationToken cancellationToken);

    /// <summary>Lists objects in the order of their paths.</summary>
    /// <param name="prefix">What their paths begin with; may be empty.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The objects.</returns>
    IAsyncEnumerable<StoredObject> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Deletes an object; does nothing where there is none.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task DeleteAsync(string path, CancellationToken cancellationToken);
}
