using System.Collections.Immutable;
using Larder.Management.Contracts;
using Larder.Management.Services;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;
using Xunit;

namespace Larder.Management.Tests;

/// <summary>Another number of shards and another size: what is refused before it begins, and what is stored.</summary>
public sealed class ScalingServiceTests
{
    private const long Mib = 1 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_change_is_stored_with_its_spec_in_one_commit_and_nothing_else_is_taken_until_it_is_done()
    {
        await using var management = await StartAsync(shards: 2, usedMib: 1);
        var applied = await management.Caches.ApplyAsync(Spec(3), Token);
        var cluster = await ClusterAsync(management);
        Assert.Equal(new ScalingDocument(applied.OperationId!, 2, 3), cluster.Scaling);
        Assert.Equal([0, 1, 2], cluster.Shards.Keys);
        Assert.Equal("", cluster.Shards[2]);

        await RefusedAsync(ManagementFailure.Busy, "from 2 to 3 shards", () => management.Caches.ApplyAsync(Spec(4), Token));
        await RefusedAsync(ManagementFailure.Busy, "from 2 to 3 shards", () => management.Caches.ApplyAsync(Spec(3) with { MemoryMb = 128 }, Token));
        Assert.Equal(cluster.Scaling, (await ClusterAsync(management)).Scaling);
    }

    [Fact]
    public async Task A_change_pauses_and_goes_on_and_without_one_there_is_nothing_to_pause()
    {
        await using var management = await StartAsync(shards: 2, usedMib: 1);
        await RefusedAsync(ManagementFailure.Refused, "not being changed", () => management.Scaling.PauseAsync("orders", new ScalingRequest(Paused: true), Token));
        await management.Caches.ApplyAsync(Spec(3), Token);
        await management.Scaling.PauseAsync("orders", new ScalingRequest(Paused: true), Token);
        Assert.True((await ClusterAsync(management)).Scaling!.Paused);
        await management.Scaling.PauseAsync("orders", new ScalingRequest(Paused: false), Token);
        Assert.False((await ClusterAsync(management)).Scaling!.Paused);
    }

    [Fact]
    public async Task While_a_node_is_down_no_slots_move_and_the_refusal_names_it()
    {
        await using var management = await StartAsync(shards: 2, usedMib: 1, state: NodeState.Down);
        await RefusedAsync(ManagementFailure.Refused, "Node 0 of orders is Down", () => management.Caches.ApplyAsync(Spec(3), Token));
        Assert.Null((await ClusterAsync(management)).Scaling);
    }

    [Fact]
    public async Task Fewer_shards_than_the_data_needs_are_refused_with_the_figures()
    {
        // 20 % of 64 MiB are reserved: two shards with 30 MiB each do not fit one.
        await using var management = await StartAsync(shards: 2, usedMib: 30);
        await RefusedAsync(ManagementFailure.Refused, "orders holds 60 MiB, and 1 shard of 64 MiB takes 51.2 MiB", () => management.Caches.ApplyAsync(Spec(1), Token));
    }

    [Fact]
    public async Task A_size_below_the_data_is_refused_with_the_figures_unless_eviction_is_accepted()
    {
        await using var management = await StartAsync(shards: 2, usedMib: 30);
        await RefusedAsync(ManagementFailure.Refused, "A node holds 30 MiB", () => management.Caches.ApplyAsync(Spec(2) with { MemoryMb = 32 }, Token));
        var applied = await management.Caches.ApplyAsync(Spec(2) with { MemoryMb = 32 }, acceptEviction: true, static transaction => transaction, Token);
        Assert.NotNull(applied.OperationId);
    }

    private static CacheSpec Spec(int shards) => ManagementFixture.Spec() with { Cluster = new ClusterSpec { EnableCluster = true, ShardCount = shards } };

    private static async Task<ManagementFixture> StartAsync(int shards, long usedMib, NodeState state = NodeState.InSync)
    {
        var management = new ManagementFixture();
        await management.Caches.ApplyAsync(Spec(shards), Token);
        var slots = Enumerable.Range(0, shards).ToImmutableSortedDictionary(shard => shard, shard => shard == 0 ? "0-8191" : "8192-16383");
        await management.Store.CommitAsync(
            StoreTransaction.Empty.Put(StoreKeys.Cluster("orders"), StoreCodec.Encode(new ClusterDocument(slots), DocumentSchemas.Current)), Token);
        management.Status = new CacheStatus
        {
            State = CacheState.Ready,
            Shards = [.. Enumerable.Range(0, shards).Select(shard => new ShardStatus(shard, 1, slots[shard],
            [
                new NodeStatus { Ordinal = shard, Role = NodeRole.Primary, State = state, Host = "here", UsedMemoryBytes = usedMib * Mib },
            ]))],
        };
        return management;
    }

    private static async Task<ClusterDocument> ClusterAsync(ManagementFixture management)
    {
        var key = StoreKeys.Cluster("orders");
        return StoreCodec.Decode<ClusterDocument>(key, (await management.Store.GetAsync(key, Token))!.Value, DocumentSchemas.Current);
    }

    private static async Task RefusedAsync(ManagementFailure failure, string part, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<ManagementException>(call);
        Assert.Equal(failure, error.Kind);
        Assert.Contains(part, $"{error.View.Message} {string.Join(' ', error.View.Details)}", StringComparison.Ordinal);
    }
}
