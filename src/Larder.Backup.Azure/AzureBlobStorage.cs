using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Azure;
using Azure.Core;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Larder.Backup.Storages;
using Larder.Model;

namespace Larder.Backup.Azure;

/// <summary>
/// A container of Azure Blob Storage. Objects are block blobs; each block's id carries the hash of what it holds, so that an upload that was broken
/// off goes on with the blocks that are staged already, and blocks of other content are never taken for its own.
/// </summary>
public sealed class AzureBlobStorage : IStorage
{
    /// <summary>Bytes of a block: at most 50,000 of them make a blob, so that one of 400 GB fits.</summary>
    private const int BlockBytes = 8 << 20;

    private const int ReadBufferBytes = 4 << 20;

    private readonly BlobContainerClient _container;
    private readonly string _prefix;

    /// <summary>Makes the storage; connects at the first call.</summary>
    /// <param name="name">Its name in the settings.</param>
    /// <param name="credential">A connection string, or the URL of the container with a shared access signature.</param>
    /// <param name="container">The container, where the credential is a connection string.</param>
    /// <param name="prefix">What all its objects' names begin with; may be empty.</param>
    /// <param name="times">How long a call may take and how often it is tried.</param>
    /// <exception cref="ArgumentException">The credential is neither; the message does not repeat it.</exception>
    public AzureBlobStorage(string name, Secret credential, string? container, string prefix, AzureBlobTimes times)
    {
        ArgumentNullException.ThrowIfNull(credential);
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(times);
        Name = name;
        _prefix = prefix.Length == 0 ? "" : prefix.TrimEnd('/') + "/";
        var options = new BlobClientOptions
        {
            Retry =
            {
                Mode = RetryMode.Exponential,
                MaxRetries = times.Retries,
                Delay = times.FirstDelay,
                MaxDelay = times.LongestDelay,
                NetworkTimeout = times.CallTimeout,
            },
        };
        try
        {
            var text = credential.Reveal().Trim();
            _container = Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
                ? new BlobContainerClient(url, options)
                : new BlobContainerClient(text, container ?? throw new ArgumentException("A connection string needs the name of a container."), options);
        }
        catch (FormatException)
        {
            // Its message may repeat a part of what it could not read.
            throw new ArgumentException("The credential is neither a connection string nor the URL of a container.", nameof(credential));
        }
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Location => $"{_container.Uri.GetLeftPart(UriPartial.Path)}/{_prefix}".TrimEnd('/');

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
        return GuardAsync(path, "written", async () =>
        {
            var blob = _container.GetBlockBlobClient(BlobName(path));
            var staged = await StagedAsync(blob, cancellationToken);
            var ids = new List<string>();
            var buffer = new byte[BlockBytes];
            for (var sum = 0L; await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken) is var read and > 0;)
            {
                var id = BlockId(ids.Count, buffer.AsSpan(0, read));
                if (!staged.Contains(id))
                {
                    using var block = new MemoryStream(buffer, 0, read, writable: false);
                    await blob.StageBlockAsync(id, block, cancellationToken: cancellationToken);
                }

                ids.Add(id);
                sum += read;
                progress?.Invoke(sum);
            }

            await blob.CommitBlockListAsync(ids, cancellationToken: cancellationToken);
            return true;
        });
    }

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(string path, CancellationToken cancellationToken) => GuardAsync(path, "read", async () =>
        await _container.GetBlobClient(BlobName(path)).OpenReadAsync(
            new BlobOpenReadOptions(allowModifications: false) { BufferSize = ReadBufferBytes }, cancellationToken));

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pages = _container.GetBlobsAsync(BlobTraits.None, BlobStates.None, _prefix + prefix, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (pages)
        {
            while (await GuardAsync(prefix, "listed", async () => await pages.MoveNextAsync()))
            {
                yield return new StoredObject(pages.Current.Name[_prefix.Length..], pages.Current.Properties.ContentLength ?? 0);
            }
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken) => GuardAsync(path, "deleted", async () =>
        await _container.GetBlobClient(BlobName(path)).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken));

    private static async Task<HashSet<string>> StagedAsync(BlockBlobClient blob, CancellationToken cancellationToken)
    {
        try
        {
            var list = await blob.GetBlockListAsync(BlockListTypes.Uncommitted, cancellationToken: cancellationToken);
            return [.. list.Value.UncommittedBlocks.Select(block => block.Name)];
        }
        catch (RequestFailedException exception) when (exception.Status == (int)HttpStatusCode.NotFound && exception.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return [];
        }
    }

    // All ids of a blob must have one length.
    private static string BlockId(int number, ReadOnlySpan<byte> content)
    {
        Span<byte> id = stackalloc byte[4 + SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt32BigEndian(id, number);
        SHA256.HashData(content, id[4..]);
        return Convert.ToBase64String(id);
    }

    private string BlobName(string path) => ObjectPath.Problem(path) is { } problem
        ? throw new ArgumentException($"The path '{path}' {problem}.", nameof(path))
        : _prefix + path;

    private async Task<T> GuardAsync<T>(string path, string verb, Func<Task<T>> act)
    {
        var what = $"'{path}' of storage '{Name}' ({Location})";
        try
        {
            return await act();
        }
        catch (RequestFailedException exception)
        {
            throw Translate(exception, what, verb);
        }
        catch (AggregateException exception) when (exception.InnerExceptions.All(inner => inner is RequestFailedException or TaskCanceledException))
        {
            // What the client throws when all its tries have failed.
            throw exception.InnerExceptions.OfType<RequestFailedException>().LastOrDefault() is { } last
                ? Translate(last, what, verb)
                : new StorageException(StorageFailure.Unreachable, $"{what} cannot be {verb}: the storage did not answer in time.", exception);
        }
        catch (IOException exception)
        {
            throw new StorageException(StorageFailure.Unreachable, $"{what} cannot be {verb}: the connection was lost: {exception.Message}", exception);
        }
        catch (TaskCanceledException exception) when (exception.InnerException is TimeoutException)
        {
            throw new StorageException(StorageFailure.Unreachable, $"{what} cannot be {verb}: the storage did not answer in time.", exception);
        }
    }

    // The client's own message has headers and the whole answer in it; status and code are what matters.
    private static StorageException Translate(RequestFailedException exception, string what, string verb) => (exception.Status, exception.ErrorCode) switch
    {
        (401 or 403, var code) => new StorageException(
            StorageFailure.Denied, $"{what} cannot be {verb}: the storage refuses the credential ({code ?? exception.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)}). Check the storage's credential and its rights: read, write, delete, list.", exception),
        (404, "ContainerNotFound") => new StorageException(StorageFailure.NotFound, $"{what} cannot be {verb}: there is no such container. Create it first.", exception),
        (404, _) => new StorageException(StorageFailure.NotFound, $"There is no {what}.", exception),
        (0, _) => new StorageException(StorageFailure.Unreachable, $"{what} cannot be {verb}: the storage cannot be reached ({exception.InnerException?.Message ?? "no answer"}).", exception),
        (var status, var code) => new StorageException(
            StorageFailure.Failed, $"{what} cannot be {verb}: the storage answered {status} {code}.", exception),
    };
}
