using System.Security.Cryptography;
using Larder.Backup.Encryption;
using Larder.Backup.Storages;
using Larder.Testing;

namespace Larder.Backup.Tests.Storages;

/// <summary>What every storage promises, held by a folder, by Azure Blob Storage, and by both with encryption.</summary>
public sealed class StorageTests(Azurite azurite) : IClassFixture<Azurite>
{
    public static TheoryData<string> Kinds => ["folder", "azure-blob", "folder encrypted", "azure-blob encrypted"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_is_written_is_read_again_byte_for_byte(string kind)
    {
        await using var made = await MakeAsync(kind);
        foreach (var size in new[] { 0, 1, 1 << 20, (1 << 20) + 1, (8 << 20) + 4711 })
        {
            var content = Bytes(size);
            var told = 0L;
            await made.Storage.WriteAsync($"a/b/{size}.rdb", new MemoryStream(content), bytes => told = bytes, Token);
            await using var read = await made.Storage.OpenAsync($"a/b/{size}.rdb", Token);
            Assert.Equal(content, await AllAsync(read));
            Assert.True(told >= size);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Listing_finds_by_prefix_in_order_and_deleting_twice_is_fine(string kind)
    {
        await using var made = await MakeAsync(kind);
        Assert.Empty(await PathsAsync(made.Storage, ""));
        foreach (var path in new[] { "b/2", "b/1", "bc/3", "a/0" })
        {
            await made.Storage.WriteAsync(path, new MemoryStream(Bytes(10)), null, Token);
        }

        Assert.Equal(["a/0", "b/1", "b/2", "bc/3"], await PathsAsync(made.Storage, ""));
        Assert.Equal(["b/1", "b/2"], await PathsAsync(made.Storage, "b/"));
        Assert.Equal(["b/1", "b/2", "bc/3"], await PathsAsync(made.Storage, "b"));
        await made.Storage.DeleteAsync("b/1", Token);
        await made.Storage.DeleteAsync("b/1", Token);
        Assert.Equal(["b/2"], await PathsAsync(made.Storage, "b/"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_write_that_breaks_off_leaves_the_old_object_whole(string kind)
    {
        await using var made = await MakeAsync(kind);
        var old = Bytes(100);
        await made.Storage.WriteAsync("x", new MemoryStream(old), null, Token);
        var failure = await Record.ExceptionAsync(() => made.Storage.WriteAsync("x", new BreakingStream(Bytes(20 << 20), 10 << 20), null, Token));
        Assert.Contains("The disk is gone.", failure!.Message, StringComparison.Ordinal);
        await using var read = await made.Storage.OpenAsync("x", Token);
        Assert.Equal(old, await AllAsync(read));
        Assert.Equal(["x"], await PathsAsync(made.Storage, ""));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_missing_object_is_named(string kind)
    {
        await using var made = await MakeAsync(kind);
        var failure = await Assert.ThrowsAsync<StorageException>(async () => await (await made.Storage.OpenAsync("no/such", Token)).DisposeAsync());
        Assert.Equal(StorageFailure.NotFound, failure.Kind);
        Assert.Contains("'no/such' of storage", failure.Message.Replace("in storage", "of storage", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("%2e%2e/x")]
    [InlineData("a/")]
    public async Task A_path_with_tricks_is_refused_and_nothing_is_written(string path)
    {
        using var folder = new TemporaryFolder();
        var storage = new FolderStorage("local", folder.At("in", "side"));
        await Assert.ThrowsAsync<ArgumentException>(() => storage.WriteAsync(path, new MemoryStream([1]), null, Token));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task An_upload_that_was_broken_off_goes_on_with_the_blocks_that_are_there()
    {
        await using var made = await MakeAsync("azure-blob");
        var content = Bytes((32 << 20) + 5);
        await Assert.ThrowsAsync<StorageException>(() => made.Storage.WriteAsync("big", new BreakingStream(content, 20 << 20), null, Token));
        Assert.Empty(await PathsAsync(made.Storage, ""));
        using var relay = new DisturbedRelay(azurite.Port);
        var through = azurite.Through(relay.Port, made.Container);
        await through.WriteAsync("big", new MemoryStream(content), null, Token);
        Assert.InRange(relay.BytesToServer, 16 << 20, 17 << 20);
        await using var read = await made.Storage.OpenAsync("big", Token);
        Assert.Equal(SHA256.HashData(content), await SHA256.HashDataAsync(read, Token));
    }

    [Fact]
    public async Task A_wrong_credential_is_found_by_the_check_and_not_repeated()
    {
        Assert.SkipWhen(Azurite.Missing is not null, Azurite.Missing ?? "");
        var storage = await azurite.ContainerAsync("locked", connection: azurite.WrongConnectionString);
        var failure = await Assert.ThrowsAsync<StorageException>(() => storage.CheckAsync(Token));
        Assert.Equal(StorageFailure.Denied, failure.Kind);
        Assert.Contains("refuses the credential", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AccountKey", failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(new byte[32]), failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_is_not_there_and_a_storage_that_does_not_answer_are_told_apart()
    {
        Assert.SkipWhen(Azurite.Missing is not null, Azurite.Missing ?? "");
        var none = new Azure.AzureBlobStorage("cold", new Model.Secret(azurite.ConnectionString), "never-made", "", Azurite.Brisk);
        Assert.Equal(StorageFailure.NotFound, (await Assert.ThrowsAsync<StorageException>(() => none.CheckAsync(Token))).Kind);
        var away = azurite.Through(AzuriteServer.FreePort(), "any");
        var failure = await Assert.ThrowsAsync<StorageException>(() => away.CheckAsync(Token));
        Assert.Equal(StorageFailure.Unreachable, failure.Kind);
        Assert.True(failure.IsTransient);
    }

    [Fact]
    public async Task A_storage_that_takes_the_connection_and_says_nothing_is_given_up_in_time()
    {
        Assert.SkipWhen(Azurite.Missing is not null, Azurite.Missing ?? "");
        using var silent = new SilentServer(answer: null);
        var failure = await Assert.ThrowsAsync<StorageException>(() => azurite.Through(silent.Port, "any").CheckAsync(Token));
        Assert.Equal(StorageFailure.Unreachable, failure.Kind);
    }

    [Fact]
    public async Task A_storage_that_answers_500_is_tried_again_and_then_told()
    {
        Assert.SkipWhen(Azurite.Missing is not null, Azurite.Missing ?? "");
        using var broken = new SilentServer("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nx-ms-error-code: InternalError\r\n\r\n");
        var failure = await Assert.ThrowsAsync<StorageException>(() => azurite.Through(broken.Port, "any").CheckAsync(Token));
        Assert.Equal(StorageFailure.Failed, failure.Kind);
        Assert.Contains("500", failure.Message, StringComparison.Ordinal);
        Assert.True(broken.Requests > 1);
    }

    [Fact]
    public async Task A_folder_that_may_not_be_written_is_found_by_the_check()
    {
        var storage = new FolderStorage("local", "/proc/larder");
        var failure = await Assert.ThrowsAsync<StorageException>(() => storage.CheckAsync(Token));
        Assert.Contains("storage 'local' (/proc/larder)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_called_so()
    {
        using var folder = new TemporaryFolder();
        var storage = new FolderStorage("local", folder.Path);
        File.CreateSymbolicLink(folder.At(".partial-x"), "/dev/full");
        var failure = await Assert.ThrowsAsync<StorageException>(() => storage.WriteAsync("x", new MemoryStream(Bytes(100)), null, Token));
        Assert.Equal(StorageFailure.Full, failure.Kind);
        Assert.Empty(await PathsAsync(storage, ""));
    }

    [Fact]
    public async Task Objects_in_a_folder_are_for_their_owner_alone()
    {
        using var folder = new TemporaryFolder();
        await new FolderStorage("local", folder.At("deep")).WriteAsync("a/b", new MemoryStream([1]), null, Token);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.At("deep", "a", "b")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.At("deep", "a")));
    }

    [Fact]
    public async Task The_credential_of_a_container_may_be_wrong_in_form_and_is_not_repeated()
    {
        await Task.CompletedTask;
        var failure = Assert.Throws<ArgumentException>(() => new Azure.AzureBlobStorage("cold", new Model.Secret("AccountKey=hush;nonsense"), "c", "", Azurite.Brisk));
        Assert.DoesNotContain("hush", failure.ToString(), StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private static async Task<byte[]> AllAsync(Stream stream)
    {
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Token);
        return copy.ToArray();
    }

    private static async Task<List<string>> PathsAsync(IStorage storage, string prefix)
    {
        var paths = new List<string>();
        await foreach (var stored in storage.ListAsync(prefix, Token))
        {
            paths.Add(stored.Path);
        }

        return paths;
    }

    private async Task<Made> MakeAsync(string kind)
    {
        var container = $"c{Guid.NewGuid():N}";
        var folder = new TemporaryFolder();
        IStorage storage;
        if (kind.StartsWith("azure", StringComparison.Ordinal))
        {
            Assert.SkipWhen(Azurite.Missing is not null, Azurite.Missing ?? "");
            storage = await azurite.ContainerAsync(container, "deep/er");
        }
        else
        {
            storage = new FolderStorage("local", folder.At("root"));
        }

        return new Made(
            kind.EndsWith("encrypted", StringComparison.Ordinal) ? new EncryptedStorage(storage, EncryptionKey.Of(new byte[32])) : storage, container, folder);
    }

    private sealed record Made(IStorage Storage, string Container, TemporaryFolder Folder) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            Folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
