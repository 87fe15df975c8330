using Larder.Backup.Encryption;
using Larder.Backup.Storages;
using Larder.Security.Files;

namespace Larder.Backup.Tests.Storages;

/// <summary>What encryption promises beyond coming back: nothing readable, nothing changeable, nothing repeated.</summary>
public sealed class EncryptionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private FolderStorage Plain => new("cold", _folder.At("store"));

    private EncryptedStorage Encrypted => new(Plain, EncryptionKey.Of(Key(1)));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nothing_of_the_content_can_be_seen_and_the_same_content_gives_the_same_bytes_at_the_same_place_alone()
    {
        var content = "secret words, many times over. "u8.ToArray();
        foreach (var path in new[] { "a", "b" })
        {
            await Encrypted.WriteAsync(path, new MemoryStream(content), null, Token);
        }

        var first = await StoredAsync("a");
        Assert.Equal(-1, first.AsSpan().IndexOf("secret"u8));
        Assert.NotEqual(first, await StoredAsync("b"));
        await Encrypted.WriteAsync("a", new MemoryStream(content), null, Token);
        Assert.Equal(first, await StoredAsync("a"));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData((1 << 20) + 100)]
    public async Task A_changed_byte_anywhere_is_found(int at)
    {
        await Encrypted.WriteAsync("a", new MemoryStream(new byte[3 << 20]), null, Token);
        var stored = await StoredAsync("a");
        stored[at] ^= 1;
        await Plain.WriteAsync("a", new MemoryStream(stored), null, Token);
        Assert.Equal(StorageFailure.Damaged, (await Assert.ThrowsAsync<StorageException>(ReadAsync)).Kind);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(1000)]
    [InlineData((1 << 20) + 16)]
    [InlineData(2 * ((1 << 20) + 16))]
    public async Task A_missing_end_is_found_wherever_it_was_cut(int missing)
    {
        await Encrypted.WriteAsync("a", new MemoryStream(new byte[3 << 20]), null, Token);
        var stored = await StoredAsync("a");
        await Plain.WriteAsync("a", new MemoryStream(stored[..^missing]), null, Token);
        Assert.Equal(StorageFailure.Damaged, (await Assert.ThrowsAsync<StorageException>(ReadAsync)).Kind);
    }

    [Fact]
    public async Task Another_key_is_named_and_so_is_what_was_never_encrypted()
    {
        await new EncryptedStorage(Plain, EncryptionKey.Of(Key(2))).WriteAsync("a", new MemoryStream([1]), null, Token);
        var other = await Assert.ThrowsAsync<StorageException>(ReadAsync);
        Assert.Contains($"encrypted with key {EncryptionKey.Of(Key(2)).Id}", other.Message, StringComparison.Ordinal);
        await Plain.WriteAsync("a", new MemoryStream(new byte[100]), null, Token);
        Assert.Contains("is not encrypted", (await Assert.ThrowsAsync<StorageException>(ReadAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_file_is_read_in_two_forms_and_refused_where_others_may_read_it()
    {
        var path = _folder.At("key");
        OwnerOnlyFile.Write(path, Convert.ToBase64String(Key(3)) + "\n");
        var id = EncryptionKey.Read(path).Id;
        OwnerOnlyFile.Write(path, Convert.ToHexString(Key(3)));
        Assert.Equal(id, EncryptionKey.Read(path).Id);
        File.SetUnixFileMode(path, OwnerOnlyFile.PublicMode);
        Assert.Contains("chmod 600", Assert.Throws<SecretFileException>(() => EncryptionKey.Read(path)).Message, StringComparison.Ordinal);
        OwnerOnlyFile.Write(path, "too short");
        Assert.DoesNotContain("too short", Assert.Throws<SecretFileException>(() => EncryptionKey.Read(path)).Message, StringComparison.Ordinal);
        Assert.Throws<SecretFileException>(() => EncryptionKey.Read(_folder.At("none")));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static byte[] Key(byte value) => [.. Enumerable.Repeat(value, 32)];

    private Task<byte[]> StoredAsync(string path) => File.ReadAllBytesAsync(_folder.At("store", path), Token);

    private async Task ReadAsync()
    {
        await using var stream = await Encrypted.OpenAsync("a", Token);
        await stream.CopyToAsync(Stream.Null, Token);
    }
}
