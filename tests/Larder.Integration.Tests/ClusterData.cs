using System.Globalization;
using Larder.Model.Routing;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>Keys in a cluster, written and read as a client does that goes where it is sent.</summary>
internal sealed class ClusterData(ControllerFixture controller, string cache) : IDisposable
{
    private readonly Dictionary<(int Shard, long Epoch), EngineSession> _sessions = [];

    /// <summary>Writes keys, every third one a hash and every fifth one with a time to live.</summary>
    public async Task FillAsync(int count)
    {
        for (var key = 0; key < count; key++)
        {
            await CallAsync(IsHash(key) ? $"HSET key:{key} field value:{key}" : $"SET key:{key} value:{key}");
            if (key % 5 == 0)
            {
                await CallAsync($"EXPIRE key:{key} 10000");
            }
        }

        foreach (var shard in Route.Shards.Where(shard => !shard.Slots.IsEmpty))
        {
            Assert.Equal(":1", await (await SessionAsync(shard)).CallAsync("WAIT 1 10000"));
        }
    }

    /// <summary>Looks that every key is there once, with its value and its time to live.</summary>
    public async Task CheckAsync(int count)
    {
        for (var key = 0; key < count; key++)
        {
            Assert.Equal($"value:{key}", await CallAsync(IsHash(key) ? $"HGET key:{key} field" : $"GET key:{key}"));
            var left = long.Parse((await CallAsync($"TTL key:{key}"))[1..], CultureInfo.InvariantCulture);
            Assert.True(key % 5 == 0 ? left is > 9000 and <= 10000 : left == -1, $"key:{key} has {left} s left");
        }

        var keys = 0L;
        foreach (var shard in Route.Shards)
        {
            keys += long.Parse((await (await SessionAsync(shard)).CallAsync("DBSIZE"))[1..], CultureInfo.InvariantCulture);
        }

        Assert.Equal(count, keys);
    }

    /// <summary>Sends a command to the primaries of all shards.</summary>
    public async Task<string[]> CallAllAsync(string command)
    {
        var replies = new List<string>();
        foreach (var shard in Route.Shards)
        {
            replies.Add(await (await SessionAsync(shard)).CallAsync(command));
        }

        return [.. replies];
    }

    /// <summary>Sends a command to whoever has its key.</summary>
    public async Task<string> CallAsync(string command)
    {
        var shard = Route.Shards.First(shard => !shard.Slots.IsEmpty);
        var asking = false;
        while (true)
        {
            var session = await SessionAsync(shard);
            if (asking)
            {
                Assert.Equal("+OK", await session.CallAsync("ASKING"));
            }

            var reply = await session.CallAsync(command);
            if (!reply.StartsWith("-MOVED ", StringComparison.Ordinal) && !reply.StartsWith("-ASK ", StringComparison.Ordinal))
            {
                return reply;
            }

            asking = reply[1] == 'A';
            var address = reply.Split(' ')[2];
            shard = Route.Shards.Single(shard => shard.Nodes.Any(node => $"{node.ReplicationAddress}:{node.ReplicationPort}" == address));
        }
    }

    public void Dispose()
    {
        foreach (var session in _sessions.Values)
        {
            session.Dispose();
        }
    }

    private CacheRoute Route => controller.Routes.Current.Caches.Single(route => route.Cache == cache);

    private static bool IsHash(int key) => key % 3 == 0;

    private async Task<EngineSession> SessionAsync(ShardRoute shard)
    {
        var key = (shard.Shard, shard.Primary!.Epoch);
        if (!_sessions.TryGetValue(key, out var session))
        {
            _sessions[key] = session = await EngineSession.OpenAsync(shard.Primary);
        }

        return session;
    }
}
