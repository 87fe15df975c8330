using System.Net;
using Larder.EndToEnd.Tests.Harness;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>Keys of every type, binary ones and ones that expire among them, and the comparison with what came back.</summary>
internal static class DataSet
{
    private static readonly byte[] Binary = [0, 255, 13, 10, 128, 1];

    /// <summary>Writes twelve keys, eleven of them to database 0, and more of the same to that.</summary>
    public static async Task WriteAsync(Installation larder, string name, bool clustered = false, int more = 0)
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
        if (!clustered)
        {
            await redis.GetDatabase(3).StringSetAsync("other database", "yes");
        }

        await Task.WhenAll(Enumerable.Range(0, more).Select(number => database.StringSetAsync($"more {number}", number, number % 2 == 0 ? TimeSpan.FromHours(3) : Expiration.Default)));
        await database.StringSetAsync("big", new byte[200_000]);
    }

    /// <summary>Everything that a cache has, in a form that can be compared: key, type, value, whether it expires.</summary>
    public static async Task<List<string>> ReadAsync(Installation larder, string name, bool clustered = false)
    {
        await using var redis = await larder.ConnectAsync(name);
        var found = new List<string>();
        foreach (var number in clustered ? [0] : new[] { 0, 3 })
        {
            var database = redis.GetDatabase(number);
            foreach (var server in Primaries(larder, redis))
            {
                await foreach (var key in server.KeysAsync(number, pageSize: 1000))
                {
                    var type = await database.KeyTypeAsync(key);
                    var expires = await database.KeyTimeToLiveAsync(key) is { } left ? $"expires in {left.TotalHours:0.0} h" : "stays";
                    found.Add($"{number} {Convert.ToHexString((byte[])key!)} {type} {expires} {await ValueAsync(database, key, type)}");
                }
            }
        }

        found.Sort(StringComparer.Ordinal);
        return found;
    }

    public static async Task<List<string>> WrittenAsync(Installation larder, string name, bool clustered = false, int more = 0)
    {
        await WriteAsync(larder, name, clustered, more);
        var written = await ReadAsync(larder, name, clustered);
        Assert.Equal((clustered ? 11 : 12) + more, written.Count);
        return written;
    }

    // The port of the whole cache is one of the nodes once more.
    private static IEnumerable<IServer> Primaries(Installation larder, ConnectionMultiplexer redis)
    {
        var servers = redis.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }).ToList();
        return servers.Count == 1 ? servers : servers.Where(server => PortOf(server) != larder.TlsPort);
    }

    private static int PortOf(IServer server) => server.EndPoint is DnsEndPoint name ? name.Port : ((IPEndPoint)server.EndPoint).Port;

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
