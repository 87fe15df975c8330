using System.Globalization;
using System.Text;
using Larder.Backup.Snapshots;
using Larder.Model.Clusters;
using Larder.Model.Specs;
using StackExchange.Redis;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>Keys of files that real engines wrote, given to other files by their slots, and loaded by the engine again: every form that a value can have.</summary>
public sealed class RdbDistributionTests
{
    private const int Populated = 3000;

    [Theory]
    [InlineData(EngineFamily.Redis, 7, 0, "noeviction")]
    [InlineData(EngineFamily.Redis, 8, 0, "allkeys-lfu")]
    [InlineData(EngineFamily.Valkey, 8, 1, "allkeys-lru")]
    public async Task Every_form_of_value_comes_apart_and_together_again_as_it_was(EngineFamily family, int major, int minor, string policy)
    {
        var installation = await BareEngine.FindAsync(family, major, minor);
        var root = Directory.CreateTempSubdirectory("larder-rdb-").FullName;
        try
        {
            string digest;
            Dictionary<string, string> written;
            var whole = Path.Combine(root, "whole", "dump.rdb");
            await using (var engine = await BareEngine.StartAsync(installation, Path.Combine(root, "whole"), "--maxmemory-policy", policy, "--maxmemory", "1gb"))
            {
                await FillAsync(engine);
                await engine.Redis.GetDatabase().ExecuteAsync("SAVE");
                (digest, written) = (await DigestAsync(engine), await ReadAsync(engine, 0));
            }

            var survey = RdbDistribution.Survey(whole, _ => { }, TestContext.Current.CancellationToken);
            Assert.Equal(written.Count, survey.Keys[0]);
            Assert.Equal(2, survey.Keys[3]);
            Assert.Equal(["mine"], survey.Functions.Keys);

            // Apart, into three shards, keys of other databases left out.
            var map = SlotMap.Even(3);
            var shards = Enumerable.Range(0, 3).Select(shard => Path.Combine(root, $"{shard}", "dump.rdb")).ToList();
            shards.ForEach(shard => Directory.CreateDirectory(Path.GetDirectoryName(shard)!));
            var keys = RdbDistribution.Distribute([(whole, survey)], shards, slot => map.OwnerOf(slot)!.Value, firstDatabaseOnly: true, _ => { }, TestContext.Current.CancellationToken);
            Assert.Equal(written.Count, keys.Sum());
            var seen = new Dictionary<string, string>();
            for (var shard = 0; shard < shards.Count; shard++)
            {
                await RdbInspector.InspectFileAsync(shards[shard], TestContext.Current.CancellationToken);
                await using var engine = await BareEngine.StartAsync(installation, Path.GetDirectoryName(shards[shard])!);
                foreach (var (key, value) in await ReadAsync(engine, 0))
                {
                    Assert.Equal(shard, map.OwnerOf(KeySlot.Of(Convert.FromHexString(key))));
                    seen.Add(key, value);
                }

                Assert.Equal(1, (int)await engine.Redis.GetDatabase().ExecuteAsync("FCALL", "one", 0));
            }

            Same(written, seen);

            // Together again, with all databases.
            var all = RdbDistribution.Distribute([(whole, survey)], shards, slot => map.OwnerOf(slot)!.Value, firstDatabaseOnly: false, _ => { }, TestContext.Current.CancellationToken);
            Assert.Equal(written.Count + 2, all.Sum());
            var parts = shards.Select(shard => (shard, RdbDistribution.Survey(shard, _ => { }, TestContext.Current.CancellationToken))).ToList();
            Assert.False(parts[0].Item2.MayShareKeysWith(parts[1].Item2));
            var joined = Path.Combine(root, "joined", "dump.rdb");
            Directory.CreateDirectory(Path.GetDirectoryName(joined)!);
            RdbDistribution.Distribute(parts, [joined], _ => 0, firstDatabaseOnly: false, _ => { }, TestContext.Current.CancellationToken);
            await using var last = await BareEngine.StartAsync(installation, Path.GetDirectoryName(joined)!);
            Assert.Equal(digest, await DigestAsync(last));
            Same(written, await ReadAsync(last, 0));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void Same(Dictionary<string, string> expected, Dictionary<string, string> seen)
    {
        Assert.Empty(expected.Except(seen).Select(pair => $"{Encoding.UTF8.GetString(Convert.FromHexString(pair.Key))}: {pair.Value}, and not {seen.GetValueOrDefault(pair.Key)}"));
        Assert.Equal(expected.Count, seen.Count);
    }

    private static async Task<string> DigestAsync(BareEngine engine) => (string)(await engine.Redis.GetDatabase().ExecuteAsync("DEBUG", "DIGEST"))!;

    /// <summary>Of every key what the engine says of its value, when it expires, and the form that it has.</summary>
    private static async Task<Dictionary<string, string>> ReadAsync(BareEngine engine, int number)
    {
        var database = engine.Redis.GetDatabase(number);
        var found = new Dictionary<string, string>();
        foreach (var key in (RedisKey[])(await database.ExecuteAsync("KEYS", "*"))!)
        {
            var digest = ((string[])(await database.ExecuteAsync("DEBUG", "DIGEST-VALUE", key))!)[0];
            var expires = await database.ExecuteAsync("PEXPIRETIME", key);
            // A short text that was changed in place is loaded as one that was not.
            var encoding = (string?)await database.ExecuteAsync("OBJECT", "ENCODING", key) is var form and not ("raw" or "embstr") ? form : "text";
            found.Add(Convert.ToHexString((byte[])key!), $"{digest} {expires} {encoding} {await FieldsAsync(database, key)}");
        }

        return found;
    }

    private static async Task<string> FieldsAsync(IDatabase database, RedisKey key) => ((string)key!).StartsWith("fields", StringComparison.Ordinal)
        ? string.Join(',', (string[])(await database.ExecuteAsync("HPEXPIRETIME", key, "FIELDS", 2, "f0", "f1"))!)
        : "";

    private static async Task FillAsync(BareEngine engine)
    {
        var database = engine.Redis.GetDatabase();
        await database.ExecuteAsync("FUNCTION", "LOAD", "#!lua name=mine\nredis.register_function('one', function() return 1 end)");
        await database.ExecuteAsync("DEBUG", "POPULATE", Populated, "populated", 64);
        var far = DateTime.UtcNow.AddDays(1);
        foreach (var key in new[] { "7", "-7", "300", "-70000", "2147483647", "99999999999", new string('a', 300), new string('b', 40) + "{tag}" + new string('c', 80), "{}", "ä{ö}" })
        {
            await database.StringSetAsync(key, key);
        }

        await database.StringSetAsync(new byte[] { 0, 255, 13, 10, 128, 1 }, new byte[] { 0, 1, 2, 255 });
        await database.StringSetAsync("compressed", string.Concat(Enumerable.Repeat("again and ", 30_000)));
        var noise = new byte[400_000];
        new Random(7).NextBytes(noise);
        await database.StringSetAsync("incompressible", noise);
        await database.StringSetAsync("expires", "x", TimeSpan.FromHours(2));
        foreach (var size in new[] { 3, 100, 3000 })
        {
            var items = Enumerable.Range(0, size).ToList();
            await database.ListRightPushAsync($"list {size}", [.. items.Select(item => (RedisValue)$"item {item}")]);
            await database.SetAddAsync($"integers {size}", [.. items.Select(item => (RedisValue)(item * 100_000L))]);
            await database.SetAddAsync($"set {size}", [.. items.Select(item => (RedisValue)$"member {item}")]);
            await database.HashSetAsync($"hash {size}", [.. items.Select(item => new HashEntry($"f{item}", item % 7 == 0 ? new string('v', 100) : item))]);
            await database.SortedSetAddAsync($"zset {size}", [.. items.Select(item => new SortedSetEntry($"m{item}", item == 0 ? double.PositiveInfinity : item / 3.0))]);
            await database.HyperLogLogAddAsync($"hll {size}", [.. items.Select(item => (RedisValue)item)]);
            await database.GeoAddAsync($"geo {size}", [.. items.Select(item => new GeoEntry(item % 180, item % 80, $"g{item}"))]);
            await database.KeyExpireAsync($"hash {size}", far);
            for (var entry = 1; entry <= size; entry++)
            {
                await database.StreamAddAsync($"stream {size}", [new NameValueEntry("a", entry), new NameValueEntry("b", "text")], $"{entry}-1", flags: CommandFlags.FireAndForget);
            }

            await database.StreamDeleteAsync($"stream {size}", ["2-1"]);
            await database.StreamCreateConsumerGroupAsync($"stream {size}", "group", "0");
            await database.StreamCreateConsumerGroupAsync($"stream {size}", "idle", "$");
            await database.StreamReadGroupAsync($"stream {size}", "group", "one", ">", 2);
            await database.StreamReadGroupAsync($"stream {size}", "group", "two", ">", 50);
            await database.StreamAcknowledgeAsync($"stream {size}", "group", "1-1");
        }

        await database.ListRightPushAsync("list of large items", [new byte[20_000], "small", new byte[70_000]]);
        await database.StringSetBitAsync("bits", 70_000, true);
        if (engine.Redis.GetServers()[0].Features.HashFieldExpiration())
        {
            foreach (var size in new[] { 5, 2000 })
            {
                await database.HashSetAsync($"fields {size}", [.. Enumerable.Range(0, size).Select(item => new HashEntry($"f{item}", item))]);
                await database.ExecuteAsync("HPEXPIRE", $"fields {size}", 7_200_000, "FIELDS", 1, "f1");
            }
        }

        await engine.Redis.GetDatabase(3).StringSetAsync("elsewhere", "x");
        await engine.Redis.GetDatabase(3).ListRightPushAsync("text", ["of", "three"]);
        Assert.True(await database.KeyExistsAsync(string.Create(CultureInfo.InvariantCulture, $"populated:{Populated - 1}")));
    }
}

internal static class ServerFeatures
{
    /// <summary>Whether fields of hashes may expire: Redis 7.4 and newer, Valkey 9, which calls itself Redis 7.2.</summary>
    public static bool HashFieldExpiration(this RedisFeatures features) => features.Version >= new Version(7, 4);
}
