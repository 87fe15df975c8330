using Larder.Management.Contracts;
using Larder.Management.Services;
using Larder.Model.Events;
using Xunit;

namespace Larder.Management.Tests;

/// <summary>What management tells of events, and notes itself.</summary>
public sealed class EventServiceTests
{
    [Fact]
    public async Task A_replaced_key_is_noted_without_the_key()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(ManagementFixture.Spec(), TestContext.Current.CancellationToken);
        var keys = await management.Keys.RegenerateAsync("ORDERS", new RegenerateKeyRequest("Secondary"), TestContext.Current.CancellationToken);
        var happened = Assert.Single(await management.Events.ListAsync("orders", null, TestContext.Current.CancellationToken));
        Assert.Equal(("KeyRegenerated", "orders"), (happened.Kind, happened.Cache));
        Assert.Contains("secondary", happened.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(keys.Secondary, happened.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_those_after_a_known_one_are_given()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(ManagementFixture.Spec(), TestContext.Current.CancellationToken);
        Assert.Empty(await management.Events.ListAsync("orders", null, TestContext.Current.CancellationToken));
        management.Journal.Append(new CacheEvent(EventKind.NodeStarted, "orders", "one"));
        management.Journal.Append(new CacheEvent(EventKind.NodeEnded, "orders", "two"));
        Assert.Equal(["two"], (await management.Events.ListAsync("orders", "1", TestContext.Current.CancellationToken)).Select(happened => happened.Message));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("one")]
    [InlineData("1.5")]
    public async Task What_is_no_sequence_is_refused_by_name(string after)
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(ManagementFixture.Spec(), TestContext.Current.CancellationToken);
        var refusal = await Assert.ThrowsAsync<ManagementException>(() => management.Events.ListAsync("orders", after, TestContext.Current.CancellationToken));
        Assert.Equal(ManagementFailure.Invalid, refusal.Kind);
        Assert.Contains($"'{after}'", refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ManagementException>(() => management.Events.FollowAsync("orders", after, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_unknown_cache_has_no_events_and_cannot_be_followed()
    {
        await using var management = new ManagementFixture();
        Assert.Equal(
            ManagementFailure.NotFound,
            (await Assert.ThrowsAsync<ManagementException>(() => management.Events.ListAsync("nobody", null, TestContext.Current.CancellationToken))).Kind);
        Assert.Equal(
            ManagementFailure.NotFound,
            (await Assert.ThrowsAsync<ManagementException>(() => management.Events.FollowAsync("nobody", null, TestContext.Current.CancellationToken))).Kind);
    }

    [Fact]
    public async Task Following_gives_what_there_is_and_ends_with_the_cache()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(ManagementFixture.Spec(), TestContext.Current.CancellationToken);
        management.Journal.Append(new CacheEvent(EventKind.NodeStarted, "orders", "one"));
        var heard = new List<string?>();
        await foreach (var happened in await management.Events.FollowAsync("orders", null, TestContext.Current.CancellationToken))
        {
            heard.Add(happened?.Message);
            if (happened is null)
            {
                await management.Store.CommitAsync(
                    Larder.Store.StoreTransaction.Empty.Delete(Larder.Store.Documents.StoreKeys.Spec("orders")), TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(["one", null], heard);
    }
}
