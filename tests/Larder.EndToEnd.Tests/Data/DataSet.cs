using Larder.EndToEnd.Tests.Harness;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>Keys of every type, binary ones and ones that expire among them, and the comparison with what came back.</summary>
internal static class DataSet
{
    private static readonly byte[] Binary = [0, 255, 13, 10, 128, 1];

    public static async Task WriteAsync(Installation larder, string name)
    {
        await using var redis = await larder.ConnectAsync(name);
        var database = redis.GetDatabase();
        await database.StringSetAsync("text", "value");
        await database.StringSetAsync(Binary, Binary);
        await database.StringSetAsync("number", 42);
        await database.StringSetAsync("expires", "later", TimeSpan.FromHours(1));
        await database.ListRightPushAsync("list", [.. Enumerable.Range(0, 500).Select(number => (RedisValue)$"item {number}")]);
        await database.HashSetAsync("hash", [.. Enumerable.Range(0, 300).Select(number => new HashEntry($"field {number}", number))]);
        await database.SetAddAsync("set", [1, 2, 3]);
        await database.SetAddAsync("words", ["a", "b", "c"]);
        await database.SortedSetAddAsync("zset", [.. Enumerable.Range(0, 200).Select(number => new SortedSetEntry($"m{number}", number / 3.0))]);
        await database.StreamAddAsync("stream", "field", "entry", messageId: "5-1");
        await database.StreamCreateConsumerGroupAsync("stream", "group", "0");
        await redis.GetDatabase(3).StringSetAsync("other database", "yes");
        await database.StringSetAsync("big", new byte[200_000]);
    }

    /// <summary>Everything that a cache has, in a form that can be compared: key, type, value, whether it expires.</summary>
    public static async Task<List<string>> ReadAsync(Installation larder, string name)
    {
        await using var redis = await larder.ConnectAsync(name);
        var found = new List<string>();
        foreach (var number in new[] { 0, 3 })
        {
            var database = redis.GetDatabase(number);
            var cursor = 0L;
            do
            {
                var page = (RedisResult[])(await database.ExecuteAsync("SCAN", cursor, "COUNT", 1000))!;
                cursor = (long)page[0];
                foreach (var key in (RedisKey[])page[1]!)
                {
                    var type = await database.KeyTypeAsync(key);
                    var expires = await database.KeyTimeToLiveAsync(key) is { } left ? $"expires in {left.TotalHours:0.0} h" : "stays";
                    found.Add($"{number} {Convert.ToHexString((byte[])key!)} {type} {expires} {await ValueAsync(database, key, type)}");
                }
            }
            while (cursor != 0);
        }

        found.Sort(StringComparer.Ordinal);
        return found;
    }

    public static async Task<List<string>> WrittenAsync(Installation larder, string name)
    {
        await WriteAsync(larder, name);
        var written = await ReadAsync(larder, name);
        Assert.Equal(12, written.Count);
        return written;
    }

    private static async Task<string> ValueAsync(IDatabase database, RedisKey key, RedisType type) => type switch
    {
        RedisType.String => Convert.ToHexString((byte[])(await database.StringGetAsync(key))!),
        RedisType.List => string.Join(',', await database.ListRangeAsync(key)),
        RedisType.Hash => string.Join(',', (await database.HashGetAllAsync(key)).Select(entry => entry.ToString()).Order(StringComparer.Ordinal)),
        RedisType.Set => string.Join(',', (await database.SetMembersAsync(key)).Select(member => member.ToString()).Order(StringComparer.Ordinal)),
        RedisType.SortedSet => string.Join(',', await database.SortedSetRangeByRankWithScoresAsync(key)),
        RedisType.Stream => string.Join(',', (await database.StreamRangeAsync(key)).Select(entry => $"{entry.Id} {entry.Values[0]}"))
            + " groups " + (await database.StreamGroupInfoAsync(key)).Length,
        _ => throw new InvalidOperationException($"{key} is of type {type}."),
    };
}
