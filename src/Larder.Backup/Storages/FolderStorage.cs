using System.Runtime.CompilerServices;
using Larder.Security.Files;

namespace Larder.Backup.Storages;

/// <summary>A folder of this host's file systems, owner-only. An object is written beside its name, flushed to disk, and renamed.</summary>
/// <param name="name">Its name in the settings.</param>
/// <param name="root">The folder, absolute; made when something is written.</param>
public sealed class FolderStorage(string name, string root) : IStorage
{
    private const int CopyBytes = 1 << 20;
    private const string PartialMark = ".partial-";
    private const int DiskFull = 28; // ENOSPC
    private const int QuotaFull = 122; // EDQUOT

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Location => root;

    /// <summary>The folder.</summary>
    public string Root => root;

    /// <inheritdoc/>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        const string Probe = "larder-check";
        using (var content = new MemoryStream([1]))
        {
            await WriteAsync(Probe, content, null, cancellationToken);
        }

        await DeleteAsync(Probe, cancellationToken);
    }

    /// <inheritdoc/>
    public Task WriteAsync(string path, Stream content, Action<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        var target = PathOf(path);
        return GuardAsync(path, "written", async () =>
        {
            var folder = Path.GetDirectoryName(target)!;
            OwnerOnlyFile.CreateFolder(folder);
            var partial = Path.Combine(folder, PartialMark + Path.GetFileName(target));
            try
            {
                var file = new FileStream(partial, new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    Share = FileShare.None,
                    BufferSize = 0,
                    Options = FileOptions.Asynchronous,
                    UnixCreateMode = OwnerOnlyFile.PrivateMode,
                });
                await using (file)
                {
                    await CopyAsync(content, file, progress, cancellationToken);
                    file.Flush(flushToDisk: true);
                }

                File.Move(partial, target, overwrite: true);
                OwnerOnlyFile.FlushFolder(folder);
            }
            catch
            {
                File.Delete(partial);
                throw;
            }

            return true;
        });
    }

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(string path, CancellationToken cancellationToken) => GuardAsync(path, "read", () =>
        Task.FromResult<Stream>(new FileStream(PathOf(path), new FileStreamOptions
        {
            Mode = FileMode.Open,
            Access = FileAccess.Read,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
        })));

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var found = await GuardAsync(prefix, "listed", () => Task.FromResult(Find(prefix)));
        foreach (var stored in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return stored;
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken) => GuardAsync(path, "deleted", () =>
    {
        var target = PathOf(path);
        if (!File.Exists(target))
        {
            return Task.FromResult(true);
        }

        File.Delete(target);
        for (var folder = Path.GetDirectoryName(target)!; folder.Length > root.Length && !Directory.EnumerateFileSystemEntries(folder).Any();
            folder = Path.GetDirectoryName(folder)!)
        {
            Directory.Delete(folder);
        }

        return Task.FromResult(true);
    });

    private static async Task CopyAsync(Stream from, FileStream to, Action<long>? progress, CancellationToken cancellationToken)
    {
        var buffer = new byte[CopyBytes];
        for (var sum = 0L; await from.ReadAsync(buffer, cancellationToken) is var read and > 0;)
        {
            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            sum += read;
            progress?.Invoke(sum);
        }
    }

    private List<StoredObject> Find(string prefix)
    {
        // A prefix may end in the middle of a name: its folder is what can be listed.
        var slash = prefix.LastIndexOf('/');
        var folder = slash < 0 ? root : PathOf(prefix[..slash]);
        return Directory.Exists(folder)
            ? [.. new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories)
                .Where(file => !file.Name.StartsWith(PartialMark, StringComparison.Ordinal))
                .Select(file => new StoredObject(Path.GetRelativePath(root, file.FullName), file.Length))
                .Where(stored => stored.Path.StartsWith(prefix, StringComparison.Ordinal))
                .OrderBy(stored => stored.Path, StringComparer.Ordinal)]
            : [];
    }

    private string PathOf(string path) => Path.Combine(root, ObjectPath.Require(path));

    private async Task<T> GuardAsync<T>(string path, string verb, Func<Task<T>> act)
    {
        try
        {
            return await act();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Failure(StorageFailure.NotFound, $"There is no '{path}' in storage '{name}' ({root}).", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw Failure(
                StorageFailure.Denied, $"'{path}' of storage '{name}' ({root}) cannot be {verb}: no permission. Give the folder to the user who runs Larder.", exception);
        }
        catch (IOException exception) when ((exception.HResult & 0xFFFF) is DiskFull or QuotaFull)
        {
            throw Failure(StorageFailure.Full, $"'{path}' of storage '{name}' ({root}) cannot be {verb}: the disk is full. Free some space there.", exception);
        }
        catch (IOException exception)
        {
            throw Failure(
                exception.Message.Contains("Read-only", StringComparison.OrdinalIgnoreCase) ? StorageFailure.Denied : StorageFailure.Failed,
                $"'{path}' of storage '{name}' ({root}) cannot be {verb}: {exception.Message}", exception);
        }
    }

    private static StorageException Failure(StorageFailure kind, string message, Exception cause) => new(kind, message, cause);
}
