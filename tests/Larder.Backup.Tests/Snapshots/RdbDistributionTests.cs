using System.Collections;
using System.Collections.Immutable;
using System.Text;
using CsCheck;
using Larder.Backup.Snapshots;
using Larder.Model.Clusters;

namespace Larder.Backup.Tests.Snapshots;

/// <summary>Keys are given to other files by their slots; what is damaged or not known is refused and never guessed at. Real engines' files are in the integration tests.</summary>
public sealed class RdbDistributionTests
{
    // Forms that engines of today still read, and no longer write.
    private static readonly (string Name, byte[] Record)[] Records =
    [
        ("text", [0, .. Key("text"), 1, (byte)'v']),
        ("list", [1, .. Key("list"), 2, 1, (byte)'a', 1, (byte)'b']),
        ("set", [2, .. Key("set"), 1, 1, (byte)'a']),
        ("zset", [3, .. Key("zset"), 2, 1, (byte)'a', 3, .. "1.5"u8, 1, (byte)'b', 255]),
        ("hash", [4, .. Key("hash"), 1, 1, (byte)'f', 1, (byte)'v']),
        ("zset2", [5, .. Key("zset2"), 1, 1, (byte)'a', .. BitConverter.GetBytes(1.5)]),
        ("module", [7, .. Key("module"), 0x81, 1, 2, 3, 4, 5, 6, 7, 8, 2, 5, 1, 9, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, (byte)'x', 0]),
        ("zipmap", [9, .. Key("zipmap"), 2, 0, 255]),
        ("intset", [11, .. Key("intset"), 0x40, 2, 0, 0]),
        ("quicklist", [14, .. Key("quicklist"), 1, 0xC0, 7]),
        ("soon", [0xFC, 1, 2, 3, 4, 5, 6, 7, 8, 0, .. Key("soon"), 0xC1, 1, 2]),
        ("late", [0xFD, 1, 2, 3, 4, 0xF8, 0x41, 0, 0, .. Key("late"), 0xC2, 1, 2, 3, 4]),
        ("used", [0xF9, 200, 0, .. Key("used"), 0xC3, 4, 3, 2, (byte)'x', (byte)'y', (byte)'z']),
        ("aaaaaaaaaaaaaaaaaaaaaaaaa", [0, 0xC3, 5, 25, 0, (byte)'a', 0xE0, 15, 0, 1, (byte)'v']),
        ("-70000", [0, 0xC2, .. BitConverter.GetBytes(-70_000), 1, (byte)'v']),
    ];

    [Fact]
    public void Each_record_goes_to_its_shard_as_it_is()
    {
        using var folder = new TemporaryFolder();
        var file = Write(folder, "whole", Records.Select(record => record.Record));
        var survey = Survey(file);
        Assert.Equal(Records.Length, survey.Keys[0]);
        Assert.Equal(1, survey.Keys[5]);
        Assert.Equal(["mine"], survey.Functions.Keys);
        var map = SlotMap.Even(3);
        string[] shards = [folder.At("0"), folder.At("1"), folder.At("2")];
        var counts = Distribute([(file, survey)], shards, slot => map.OwnerOf(slot)!.Value, firstDatabaseOnly: true);
        Assert.Equal(Records.Length, counts.Sum());
        for (var shard = 0; shard < shards.Length; shard++)
        {
            var own = Records.Where(record => map.OwnerOf(KeySlot.Of(Encoding.ASCII.GetBytes(record.Name))) == shard).ToList();
            Assert.Equal(own.Count, counts[shard]);
            byte[] expected = [.. "REDIS0012"u8, 0xF5, 0x80, 0, 0, 0, 15, .. Code, .. own.Count == 0 ? [] : new byte[] { 0xFE, 0x40, 0 }, .. own.SelectMany(record => record.Record), 0xFF];
            Assert.Equal([.. expected, .. BitConverter.GetBytes(Crc64.Append(0, expected))], File.ReadAllBytes(shards[shard]));
        }
    }

    [Fact]
    public void Together_again_it_is_the_same_with_all_databases()
    {
        using var folder = new TemporaryFolder();
        var file = Write(folder, "whole", Records.Select(record => record.Record));
        string[] halves = [folder.At("0"), folder.At("1")];
        Distribute([(file, Survey(file))], halves, slot => slot % 2, firstDatabaseOnly: false);
        var parts = halves.Select(half => (half, Survey(half))).ToList();
        Assert.False(parts[0].Item2.MayShareKeysWith(parts[1].Item2));
        Assert.True(parts[0].Item2.MayShareKeysWith(Survey(file)));
        Assert.Equal(Records.Length + 1, Assert.Single(Distribute(parts, [folder.At("joined")], _ => 0, firstDatabaseOnly: false)));
        Assert.Equal(Survey(file).Keys, Survey(folder.At("joined")).Keys);
    }

    [Fact]
    public void Slots_that_do_not_count_in_a_file_and_those_of_nobody_are_left_out()
    {
        using var folder = new TemporaryFolder();
        var file = Write(folder, "whole", Records.Select(record => record.Record));
        var slot = KeySlot.Of("text"u8);
        var only = new BitArray(SlotRange.Slots) { [slot] = true };
        Assert.Equal(1, Assert.Single(Distribute([(file, Survey(file) with { Slots = only })], [folder.At("one")], _ => 0, firstDatabaseOnly: true)));
        Assert.Equal(Records.Length - 1, Assert.Single(Distribute([(file, Survey(file))], [folder.At("rest")], one => one == slot ? -1 : 0, firstDatabaseOnly: true)));
    }

    [Fact]
    public void A_file_that_is_cut_off_anywhere_or_changed_is_refused_or_read_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(Write(folder, "whole", Records.Select(record => record.Record)));
        var path = folder.At("spoilt");
        for (var length = 0; length < whole.Length - 9; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<SnapshotException>(() => Survey(path));
        }

        Gen.Select(Gen.Int[9, whole.Length - 1], Gen.Byte).Sample(
            (at, value) =>
            {
                var changed = (byte[])whole.Clone();
                changed[at] = value;
                File.WriteAllBytes(path, changed);
                try
                {
                    Survey(path);
                }
                catch (SnapshotException)
                {
                    // As it is to be.
                }
            },
            iter: 2000, threads: 1);
    }

    [Theory]
    [InlineData(6, "a value has the form 6")]
    [InlineData(99, "a value has the form 99")]
    [InlineData(0xF7, "data of a module beside its keys")]
    [InlineData(0xF6, "there is a mark f6")]
    public void What_is_not_known_is_refused_by_its_name(byte type, string said)
    {
        using var folder = new TemporaryFolder();
        var file = Write(folder, "odd", [[type, .. Key("odd"), 1, 1]]);
        Assert.Contains(said, Assert.Throws<SnapshotException>(() => Survey(file)).Message, StringComparison.Ordinal);
    }

    private static ReadOnlySpan<byte> Code => "#!lua name=mine"u8;

    private static byte[] Key(string name) => [(byte)name.Length, .. Encoding.ASCII.GetBytes(name)];

    private static RdbSurvey Survey(string path) => RdbDistribution.Survey(path, _ => { }, TestContext.Current.CancellationToken);

    private static ImmutableArray<long> Distribute(
        IReadOnlyList<(string Path, RdbSurvey Survey)> files, IReadOnlyList<string> targets, Func<int, int> targetOf, bool firstDatabaseOnly) =>
        RdbDistribution.Distribute(files, targets, targetOf, firstDatabaseOnly, _ => { }, TestContext.Current.CancellationToken);

    private static string Write(TemporaryFolder folder, string name, IEnumerable<byte[]> records)
    {
        byte[] file = [
            .. "REDIS0012"u8, 0xFA, 9, .. "redis-ver"u8, 6, .. "7.4.15"u8, 0xFA, 5, .. "ctime"u8, 0xC2, 1, 2, 3, 4, 0xF5, 15, .. Code,
            0xFE, 0, 0xFB, 15, 1, 0xF4, 1, 1, 0, .. records.SelectMany(record => record), 0xFE, 5, 0xFB, 1, 0, 0, .. Key("five"), 1, (byte)'v', 0xFF];
        File.WriteAllBytes(folder.At(name), [.. file, .. BitConverter.GetBytes(Crc64.Append(0, file))]);
        return folder.At(name);
    }
}
