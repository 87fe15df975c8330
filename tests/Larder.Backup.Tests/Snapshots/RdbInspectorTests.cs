using System.Text;
using CsCheck;
using Larder.Backup.Snapshots;

namespace Larder.Backup.Tests.Snapshots;

/// <summary>Snapshots are checked without an engine: form, end, checksum.</summary>
public sealed class RdbInspectorTests
{
    [Fact]
    public void The_checksum_is_the_one_that_engines_write() =>
        Assert.Equal(0xe9c6d914c4b8d9caUL, Crc64.Append(0, "123456789"u8));

    [Fact]
    public void The_checksum_does_not_depend_on_how_the_data_is_cut() =>
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, 200]).Sample((data, cut) =>
            Crc64.Append(Crc64.Append(0, data.AsSpan(0, Math.Min(cut, data.Length))), data.AsSpan(Math.Min(cut, data.Length))) == Crc64.Append(0, data));

    [Fact]
    public async Task A_whole_file_tells_who_wrote_it_and_when()
    {
        var facts = await InspectAsync(Rdb());
        Assert.Equal(10, facts.Version);
        Assert.Equal("7.0.15", facts.WrittenBy);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), facts.CreatedAt);
        Assert.True(facts.HasChecksum);
        Assert.Equal(Rdb().Length, facts.Bytes);
    }

    [Fact]
    public async Task A_file_that_is_cut_off_anywhere_does_not_pass()
    {
        var whole = Rdb();
        for (var length = 0; length < whole.Length; length++)
        {
            await Assert.ThrowsAsync<SnapshotException>(() => InspectAsync(whole[..length]));
        }
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_does_not_pass()
    {
        for (var at = 0; at < Rdb().Length; at++)
        {
            var changed = Rdb();
            changed[at] ^= 0x10;
            await Assert.ThrowsAsync<SnapshotException>(() => InspectAsync(changed));
        }
    }

    [Fact]
    public async Task A_file_longer_than_a_buffer_is_read_to_its_end()
    {
        var body = new byte[(3 << 20) + 17];
        new Random(5).NextBytes(body);
        var facts = await InspectAsync(Rdb(body));
        Assert.Equal(Rdb(body).Length, facts.Bytes);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Rdb(body))), facts.Sha256);
    }

    [Theory]
    [InlineData("")]
    [InlineData("name,price\nmilk,1\n")]
    [InlineData("REDIS")]
    [InlineData("REDISabcd plus more")]
    public async Task What_is_no_snapshot_is_called_so(string text)
    {
        var failure = await Assert.ThrowsAsync<SnapshotException>(() => InspectAsync(Encoding.ASCII.GetBytes(text)));
        Assert.Contains("the file", failure.Message, StringComparison.Ordinal);
    }

    internal static byte[] Rdb(byte[]? body = null)
    {
        byte[] file = [
            .. "REDIS0010"u8, 0xFA, 9, .. "redis-ver"u8, 6, .. "7.0.15"u8, 0xFA, 5, .. "ctime"u8, 0xC2, .. BitConverter.GetBytes(1_700_000_000),
            0xFE, 0, 0xFB, 1, 0, 0, 1, (byte)'k', 1, (byte)'v', .. body ?? [], 0xFF];
        return [.. file, .. BitConverter.GetBytes(Crc64.Append(0, file))];
    }

    private static Task<RdbFacts> InspectAsync(byte[] file) =>
        RdbInspector.InspectAsync(new MemoryStream(file), "the file", null, null, TestContext.Current.CancellationToken);
}
