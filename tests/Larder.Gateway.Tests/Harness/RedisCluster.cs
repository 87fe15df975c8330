using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Larder.Model;
using Larder.Model.Clusters;
using Larder.Model.Routing;
using Larder.Model.Status;

namespace Larder.Gateway.Tests.Harness;

/// <summary>A real cluster of redis-servers: shards of a primary and a replica, formed by hand, and the route that leads to them.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int NodesPerShard = 2;
    private readonly List<(RedisProcess Process, int Port, string Id)> _nodes = [];

    public int Shards => _nodes.Count / NodesPerShard;

    public RedisProcess this[int node] => _nodes[node].Process;

    public string IdOf(int node) => _nodes[node].Id;

    public IEnumerable<int> InternalPorts => _nodes.Select(node => node.Port);

    public static SlotRange SlotsOf(int shard, int shards) =>
        new(SlotRange.Slots * shard / shards, (SlotRange.Slots * (shard + 1) / shards) - 1);

    public static async Task<RedisCluster> StartAsync(int shards)
    {
        var cluster = new RedisCluster();
        var ports = Door.FreePorts(shards * NodesPerShard * 2);
        var starting = Enumerable.Range(0, shards * NodesPerShard).Select(node => RedisProcess.StartAsync(
            $"port {ports[node * 2]}\nbind 127.0.0.1\ncluster-enabled yes\ncluster-port {ports[(node * 2) + 1]}\ncluster-node-timeout 4000\n"
            + "cluster-replica-no-failover yes\ncluster-require-full-coverage no\nrepl-diskless-sync-delay 0\nrepl-ping-replica-period 1\nuser default on nopass ~* &* +@all\n")).ToList();
        var processes = await AllOrNoneAsync(starting);
        for (var node = 0; node < processes.Length; node++)
        {
            cluster._nodes.Add((processes[node], ports[node * 2], await processes[node].AskAsync("CLUSTER", "MYID")));
            Assert.Equal("+OK", await processes[node].AskAsync("CLUSTER", "SET-CONFIG-EPOCH", Text(node + 1)));
        }

        for (var node = 1; node < processes.Length; node++)
        {
            Assert.Equal("+OK", await processes[0].AskAsync("CLUSTER", "MEET", "127.0.0.1", Text(ports[node * 2]), Text(ports[(node * 2) + 1])));
        }

        for (var shard = 0; shard < shards; shard++)
        {
            var slots = SlotsOf(shard, shards);
            Assert.Equal("+OK", await processes[shard * NodesPerShard].AskAsync("CLUSTER", "ADDSLOTSRANGE", Text(slots.First), Text(slots.Last)));
        }

        for (var shard = 0; shard < shards; shard++)
        {
            var replica = processes[(shard * NodesPerShard) + 1];
            await Door.EventuallyAsync(
                async () => await replica.AskAsync("CLUSTER", "REPLICATE", cluster.IdOf(shard * NodesPerShard)) == "+OK", "the replica follows");
        }

        await Door.EventuallyAsync(
            async () => (await Task.WhenAll(processes.Select(process => process.AskAsync("CLUSTER", "INFO")))).All(info =>
                info.Contains("cluster_state:ok", StringComparison.Ordinal) && info.Contains($"cluster_known_nodes:{processes.Length}", StringComparison.Ordinal)),
            "all know of each other");
        await Door.EventuallyAsync(
            async () => (await Task.WhenAll(processes.Select(process => process.AskAsync("CLUSTER", "NODES")))).All(nodes => nodes.Split("slave").Length == shards + 1),
            "all know who follows whom");

        // A replica is told of once it is known to have got something, which the pings of its primary are.
        await Door.EventuallyAsync(
            async () => (await Task.WhenAll(processes.Select(process => process.AskAsync("CLUSTER", "SLOTS")))).All(
                slots => cluster._nodes.TrueForAll(node => slots.Contains(node.Id, StringComparison.Ordinal))),
            "all tell of all");
        foreach (var replica in processes.Where((_, node) => node % NodesPerShard == 1))
        {
            await Door.EventuallyAsync(
                async () => (await replica.AskAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal), "the replica is in sync");
        }

        return cluster;
    }

    /// <summary>The route; node 0 of each shard is the primary unless it is said otherwise.</summary>
    public CacheRoute Route(CacheRoute like, int firstPort, TimeProvider clock, Func<int, int>? primaryOf = null, long epoch = 1) => like with
    {
        IsClustered = true,
        Primary = null,
        Listen = [.. like.Listen, .. Enumerable.Range(0, _nodes.Count).Select(node => new ListenEndpoint(IPAddress.Loopback, firstPort + node, Tls: true) { NodeOrdinal = node })],
        Shards = [.. Enumerable.Range(0, Shards).Select(shard => Shard(shard, primaryOf?.Invoke(shard) ?? (shard * NodesPerShard), clock, epoch))],
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var (process, _, _) in _nodes)
        {
            await process.DisposeAsync();
        }
    }

    /// <summary>Where one does not start, because somebody was faster at its port, none is left running.</summary>
    private static async Task<RedisProcess[]> AllOrNoneAsync(IReadOnlyList<Task<RedisProcess>> starting)
    {
        try
        {
            return await Task.WhenAll(starting);
        }
        catch
        {
            foreach (var started in starting.Where(task => task.IsCompletedSuccessfully))
            {
                await (await started).DisposeAsync();
            }

            throw;
        }
    }

    private ShardRoute Shard(int shard, int primary, TimeProvider clock, long epoch)
    {
        var nodes = Enumerable.Range(shard * NodesPerShard, NodesPerShard).Select(node => new NodeRoute(
            node, node == primary ? NodeRole.Primary : NodeRole.Replica, _nodes[node].Id, "127.0.0.1", _nodes[node].Port, _nodes[node].Process.SocketPath,
            "gateway", new Secret("inside"), InSync: true)).ToImmutableArray();
        return new ShardRoute(
            shard, null, [SlotsOf(shard, Shards)],
            new PrimaryRoute(primary, epoch, this[primary].SocketPath, "gateway", new Secret("inside"), new ViewDeadline(clock.GetTimestamp() + (3600 * clock.TimestampFrequency))),
            nodes);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
