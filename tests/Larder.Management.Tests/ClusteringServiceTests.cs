using System.Collections.Immutable;
using Larder.Management.Services;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Store.Documents;
using Xunit;

namespace Larder.Management.Tests;

/// <summary>Turning clustering on for a cache that exists: what is refused before it begins, and what is stored.</summary>
public sealed class ClusteringServiceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_stored_with_the_spec_in_one_commit_and_nothing_else_is_taken_until_it_is_done()
    {
        await using var management = await StartAsync([(0, 5)]);
        var applied = await management.Caches.ApplyAsync(Clustered, Token);
        var (stored, _) = await management.Documents.ReadAsync<ClusteringDocument>(StoreKeys.Clustering("orders"), Token);
        Assert.Equal(new ClusteringDocument(applied.OperationId!, new ClusterSpec()) { Since = management.Clock.GetUtcNow() }, stored);
        Assert.False(stored!.IsClustered);

        await RefusedAsync(management, ManagementFailure.Busy, "orders is becoming a cluster", Clustered with { MemoryMb = 128 });
        await RefusedAsync(management, ManagementFailure.Busy, "orders is becoming a cluster", ManagementFixture.Spec());
    }

    [Fact]
    public async Task Keys_in_other_databases_are_counted_for_each()
    {
        await using var management = await StartAsync([(0, 5), (3, 12), (7, 1)]);
        await RefusedAsync(management, ManagementFailure.Refused, "database 3 holds 12 keys, database 7 holds 1 key.", Clustered);
        Assert.Null(await management.Store.GetAsync(StoreKeys.Clustering("orders"), Token));
        var plan = await management.Caches.PlanAsync(Clustered, acceptEviction: false, Token);
        Assert.Contains("database 3 holds 12 keys", Assert.Single(plan.Refusals).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_a_node_is_down_it_is_not_begun_and_the_refusal_names_it()
    {
        await using var management = await StartAsync([], NodeState.Down);
        await RefusedAsync(management, ManagementFailure.Refused, "Node 1 of orders is Down", Clustered);
    }

    private static CacheSpec Clustered => ManagementFixture.Spec() with { Cluster = new ClusterSpec { EnableCluster = true, ShardCount = 1 } };

    private static async Task RefusedAsync(ManagementFixture management, ManagementFailure failure, string why, CacheSpec desired)
    {
        var refused = await Assert.ThrowsAsync<ManagementException>(() => management.Caches.ApplyAsync(desired, Token));
        Assert.Equal(failure, refused.Kind);
        Assert.Contains(why, $"{refused.View.Message} {string.Join(' ', refused.View.Details)}", StringComparison.Ordinal);
    }

    private static async Task<ManagementFixture> StartAsync(IEnumerable<(int Database, long Keys)> databases, NodeState replica = NodeState.InSync)
    {
        var management = new ManagementFixture();
        await management.Caches.ApplyAsync(ManagementFixture.Spec(), Token);
        management.Status = new CacheStatus
        {
            State = CacheState.Ready,
            Shards = [new ShardStatus(0, 1, "0-16383",
            [
                new NodeStatus
                {
                    Ordinal = 0, Role = NodeRole.Primary, State = NodeState.InSync, Host = "here",
                    DatabaseKeys = databases.ToImmutableSortedDictionary(database => database.Database, database => database.Keys),
                },
                new NodeStatus { Ordinal = 1, Role = NodeRole.Replica, State = replica, Host = "here" },
            ])],
        };
        return management;
    }
}
