using Larder.Management.Contracts;
using Larder.Management.Services;
using Larder.Model.Operations;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;
using Xunit;

namespace Larder.Management.Tests;

/// <summary>Requests for another primary and for drills: what is accepted, what is refused, and why.</summary>
public sealed class FailoverServiceTests
{
    [Fact]
    public async Task A_failover_is_stored_with_its_operation_before_it_is_acknowledged()
    {
        await using var management = await StartAsync();
        var accepted = await management.Failovers.FailOverAsync("ORDERS", new FailoverRequest(null, Force: false), TestContext.Current.CancellationToken);
        Assert.Equal(new FailoverDocument(accepted.OperationId!, 0, 4, Force: false), await RequestedAsync(management));
        Assert.Equal(OperationKind.Failover, (await management.Operations.GetAsync(accepted.OperationId!, TestContext.Current.CancellationToken)).Kind);
    }

    [Theory]
    [InlineData("kill", DrillFault.Kill)]
    [InlineData("Hang", DrillFault.Hang)]
    [InlineData("handover", DrillFault.Handover)]
    public async Task A_drill_is_stored_with_its_fault(string word, DrillFault fault)
    {
        await using var management = await StartAsync();
        var accepted = await management.Failovers.DrillAsync("orders", new DrillRequest(0, word, Confirmed: false), TestContext.Current.CancellationToken);
        Assert.Equal(fault, (await RequestedAsync(management))!.Fault);
        Assert.Equal(OperationKind.Drill, (await management.Operations.GetAsync(accepted.OperationId!, TestContext.Current.CancellationToken)).Kind);
    }

    [Fact]
    public async Task A_second_one_while_one_is_under_way_is_busy_whatever_the_two_are()
    {
        await using var management = await StartAsync();
        await management.Failovers.FailOverAsync("orders", new FailoverRequest(0, Force: false), TestContext.Current.CancellationToken);
        var first = await RequestedAsync(management);
        await RefusedAsync(ManagementFailure.Busy, "under way", () => management.Failovers.FailOverAsync("orders", new FailoverRequest(0, Force: false), TestContext.Current.CancellationToken));
        await RefusedAsync(ManagementFailure.Busy, "under way", () => management.Failovers.FailOverAsync("orders", new FailoverRequest(0, Force: true), TestContext.Current.CancellationToken));
        await RefusedAsync(ManagementFailure.Busy, "under way", () => management.Failovers.DrillAsync("orders", new DrillRequest(0, "kill", Confirmed: true), TestContext.Current.CancellationToken));
        Assert.Equal(first, await RequestedAsync(management));
    }

    [Fact]
    public async Task A_drill_during_a_change_of_the_cache_is_busy()
    {
        await using var management = await StartAsync(settled: false);
        await RefusedAsync(ManagementFailure.Busy, "being changed", () => management.Failovers.DrillAsync("orders", new DrillRequest(0, "kill", Confirmed: true), TestContext.Current.CancellationToken));
        Assert.Null(await RequestedAsync(management));
    }

    [Fact]
    public async Task A_drill_of_a_production_cache_must_be_confirmed()
    {
        await using var management = await StartAsync("production");
        await RefusedAsync(ManagementFailure.Refused, "production", () => management.Failovers.DrillAsync("orders", new DrillRequest(0, "kill", Confirmed: false), TestContext.Current.CancellationToken));
        await RefusedAsync(ManagementFailure.Refused, "production", () => management.Failovers.CheckDrillAsync("orders", new DrillRequest(0, "kill", Confirmed: false), TestContext.Current.CancellationToken));
        Assert.Null(await RequestedAsync(management));
        await management.Failovers.CheckDrillAsync("orders", new DrillRequest(0, "kill", Confirmed: true), TestContext.Current.CancellationToken);
        Assert.Null(await RequestedAsync(management));
        Assert.NotNull((await management.Failovers.DrillAsync("orders", new DrillRequest(0, "kill", Confirmed: true), TestContext.Current.CancellationToken)).OperationId);
    }

    [Theory]
    [InlineData("crash")]
    [InlineData("1")]
    [InlineData("")]
    public async Task An_unknown_fault_is_refused_by_name(string fault)
    {
        await using var management = await StartAsync();
        await RefusedAsync(ManagementFailure.Invalid, $"'{fault}'", () => management.Failovers.DrillAsync("orders", new DrillRequest(0, fault, Confirmed: true), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_unknown_cache_or_shard_is_not_found()
    {
        await using var management = await StartAsync();
        await RefusedAsync(ManagementFailure.NotFound, "nobody", () => management.Failovers.FailOverAsync("nobody", new FailoverRequest(0, Force: false), TestContext.Current.CancellationToken));
        await RefusedAsync(ManagementFailure.NotFound, "no shard 7", () => management.Failovers.FailOverAsync("orders", new FailoverRequest(7, Force: true), TestContext.Current.CancellationToken));
        await RefusedAsync(ManagementFailure.NotFound, "no shard -1", () => management.Failovers.DrillAsync("orders", new DrillRequest(-1, "kill", Confirmed: true), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Without_an_eligible_replica_each_one_is_named_with_its_reason()
    {
        await using var management = await StartAsync();
        management.Status = Status(Node(0, NodeRole.Primary, NodeState.InSync), Node(1, NodeRole.Replica, NodeState.Syncing), Node(2, NodeRole.Replica, NodeState.Down, "it did not answer"));
        foreach (var force in new[] { false, true })
        {
            var refusal = await RefusedAsync(ManagementFailure.Refused, "no replica", () => management.Failovers.FailOverAsync("orders", new FailoverRequest(0, force), TestContext.Current.CancellationToken));
            Assert.Equal(["node 1 is Syncing", "node 2 is Down: it did not answer"], refusal.View.Details);
        }

        await RefusedAsync(ManagementFailure.Refused, "no replica", () => management.Failovers.DrillAsync("orders", new DrillRequest(0, "hang", Confirmed: true), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Without_a_primary_only_force_helps_and_only_where_a_node_answers()
    {
        await using var management = await StartAsync();
        management.Status = Status(Node(0, NodeRole.Primary, NodeState.Down), Node(1, NodeRole.Replica, NodeState.Syncing));
        await RefusedAsync(ManagementFailure.Refused, "no primary either", () => management.Failovers.FailOverAsync("orders", new FailoverRequest(0, Force: false), TestContext.Current.CancellationToken));
        Assert.NotNull((await management.Failovers.FailOverAsync("orders", new FailoverRequest(0, Force: true), TestContext.Current.CancellationToken)).OperationId);

        await using var down = await StartAsync();
        down.Status = Status(Node(0, NodeRole.Primary, NodeState.Down), Node(1, NodeRole.Replica, NodeState.Starting, "starting"));
        var refusal = await RefusedAsync(ManagementFailure.Refused, "no node", () => down.Failovers.FailOverAsync("orders", new FailoverRequest(0, Force: true), TestContext.Current.CancellationToken));
        Assert.Equal(["node 0 is Down", "node 1 is Starting: starting"], refusal.View.Details);
    }

    private static async Task<ManagementFixture> StartAsync(string? preset = null, bool settled = true)
    {
        var management = new ManagementFixture
        {
            Status = Status(Node(0, NodeRole.Primary, NodeState.InSync), Node(1, NodeRole.Replica, NodeState.InSync)),
        };
        var applied = await management.Caches.ApplyAsync(ManagementFixture.Spec() with { Preset = preset }, TestContext.Current.CancellationToken);
        if (settled)
        {
            var operation = await management.Operations.GetAsync(applied.OperationId!, TestContext.Current.CancellationToken);
            await management.Store.CommitAsync(
                StoreTransaction.Empty.Put(
                    StoreKeys.Operation(operation.Id), StoreCodec.Encode(operation with { State = OperationState.Succeeded }, DocumentSchemas.Current)),
                TestContext.Current.CancellationToken);
        }

        return management;
    }

    private static async Task<FailoverDocument?> RequestedAsync(ManagementFixture management)
    {
        var key = StoreKeys.Failover("orders");
        return await management.Store.GetAsync(key, TestContext.Current.CancellationToken) is { } entry
            ? StoreCodec.Decode<FailoverDocument>(key, entry.Value, DocumentSchemas.Current)
            : null;
    }

    private static async Task<ManagementException> RefusedAsync(ManagementFailure kind, string named, Func<Task> act)
    {
        var refusal = await Assert.ThrowsAsync<ManagementException>(act);
        Assert.Equal(kind, refusal.Kind);
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        return refusal;
    }

    private static CacheStatus Status(params NodeStatus[] nodes) => new() { State = CacheState.Ready, Shards = [new ShardStatus(0, 4, "0-16383", [.. nodes])] };

    private static NodeStatus Node(int ordinal, NodeRole role, NodeState state, string message = "") => new()
    {
        Ordinal = ordinal,
        Role = role,
        State = state,
        Host = "here",
        Message = message,
    };
}
