using System.Collections.Immutable;
using System.Globalization;
using Xunit;

namespace Larder.Store.Conformance;

/// <summary>
/// What every control store must do: one suite, run by each implementation. Time is abstracted, so that a store with a clock of its own can run
/// it too.
/// </summary>
public abstract partial class ControlStoreConformance
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Opens an empty store that keeps the given number of commits for watches.</summary>
    protected abstract Task<IControlStore> OpenAsync(int historyKept = 10_000);

    /// <summary>Lets time pass for the store that was opened last.</summary>
    protected abstract Task AdvanceAsync(TimeSpan time);

    [Fact]
    public async Task A_key_is_read_as_it_was_written_with_its_revision()
    {
        await using var store = await OpenAsync();
        Assert.Null(await store.GetAsync("/a", Token));
        var first = await store.CommitAsync(StoreTransaction.Empty.Put("/a", "één"), Token);
        var second = await store.CommitAsync(StoreTransaction.Empty.Put("/a", "twee"), Token);
        Assert.Equal((CommitOutcome.Committed, 1L), (first.Outcome, first.Revision));
        Assert.Equal(new StoreEntry("/a", "twee", second.Revision, 0), await store.GetAsync("/a", Token));
    }

    [Fact]
    public async Task A_list_is_in_ordinal_order_and_only_of_its_prefix()
    {
        await using var store = await OpenAsync();
        foreach (var key in new[] { "/b/2", "/a", "/b/10", "/b", "/B/1", "/b0", "/b~" })
        {
            await store.CommitAsync(StoreTransaction.Empty.Put(key, key), Token);
        }

        var snapshot = await store.ListAsync("/b/", Token);
        Assert.Equal(["/b/10", "/b/2"], snapshot.Entries.Select(entry => entry.Key));
        Assert.Equal(7, snapshot.Revision);
        Assert.Equal(["/B/1", "/a", "/b", "/b/10", "/b/2", "/b0", "/b~"], (await store.ListAsync("", Token)).Entries.Select(entry => entry.Key));
    }

    [Fact]
    public async Task A_condition_that_does_not_hold_undoes_the_whole_transaction()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(StoreTransaction.Empty.Put("/a", "1"), Token);
        var refused = await store.CommitAsync(StoreTransaction.Empty.IfAbsent("/a").Put("/b", "2").Put("/a", "2"), Token);
        Assert.Equal((CommitOutcome.Conflict, 1L), (refused.Outcome, refused.Revision));
        Assert.Null(await store.GetAsync("/b", Token));
        var done = await store.CommitAsync(StoreTransaction.Empty.IfRevision("/a", 1).IfAbsent("/b").Put("/b", "2").Delete("/a"), Token);
        Assert.True(done.Committed);
        Assert.Null(await store.GetAsync("/a", Token));
        Assert.Equal(CommitOutcome.Conflict, (await store.CommitAsync(StoreTransaction.Empty.IfRevision("/a", 1).Delete("/a"), Token)).Outcome);
    }

    [Fact]
    public async Task A_commit_that_changes_nothing_takes_no_revision()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(StoreTransaction.Empty.Put("/a", "1"), Token);
        Assert.Equal(1, (await store.CommitAsync(StoreTransaction.Empty.Delete("/absent"), Token)).Revision);
        Assert.Equal(1, (await store.CommitAsync(StoreTransaction.Empty.IfRevision("/a", 1), Token)).Revision);
    }

    [Fact]
    public async Task Of_many_writers_with_one_condition_exactly_one_wins_each_round()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(StoreTransaction.Empty.Put("/counter", "0"), Token);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var done = 0; done < 25;)
            {
                var entry = (await store.GetAsync("/counter", Token))!;
                var next = (int.Parse(entry.Value, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
                var result = await store.CommitAsync(StoreTransaction.Empty.IfRevision("/counter", entry.Revision).Put("/counter", next), Token);
                done += result.Committed ? 1 : 0;
            }
        }));
        Assert.Equal("200", (await store.GetAsync("/counter", Token))!.Value);
    }

    [Fact]
    public async Task A_lease_that_is_renewed_keeps_its_keys_and_one_that_is_not_loses_them()
    {
        await using var store = await OpenAsync();
        var lease = await store.GrantLeaseAsync(Lease, Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/leader", "me", lease).Put("/free", "stays"), Token);
        for (var i = 0; i < 5; i++)
        {
            await AdvanceAsync(Lease * 0.9);
            Assert.True(await store.KeepAliveAsync(lease, Token));
        }

        Assert.Equal(lease, (await store.GetAsync("/leader", Token))!.LeaseId);
        await AdvanceAsync(Lease * 1.01);
        Assert.Null(await store.GetAsync("/leader", Token));
        Assert.NotNull(await store.GetAsync("/free", Token));
        Assert.False(await store.KeepAliveAsync(lease, Token));
        Assert.Equal(CommitOutcome.LeaseEnded, (await store.CommitAsync(StoreTransaction.Empty.Put("/leader", "me", lease), Token)).Outcome);
    }

    [Fact]
    public async Task A_revoked_lease_deletes_all_its_keys_in_one_commit_and_may_be_revoked_again()
    {
        await using var store = await OpenAsync();
        var lease = await store.GrantLeaseAsync(Lease, Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/a", "1", lease).Put("/b", "2", lease), Token);
        await store.RevokeLeaseAsync(lease, Token);
        await store.RevokeLeaseAsync(lease, Token);
        var changes = await ReadAsync(store, "", 2, 1);
        Assert.Equal(["/a", "/b"], changes[0].Changes.Select(change => change.Key).Order());
        Assert.All(changes[0].Changes, change => Assert.Null(change.Value));
        Assert.Empty((await store.ListAsync("", Token)).Entries);
    }

    [Fact]
    public async Task A_key_written_anew_is_bound_as_it_was_written_last()
    {
        await using var store = await OpenAsync();
        var lease = await store.GrantLeaseAsync(Lease, Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/a", "1", lease).Put("/b", "1"), Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/a", "2").Put("/b", "2", lease), Token);
        await store.RevokeLeaseAsync(lease, Token);
        Assert.Equal("2", (await store.GetAsync("/a", Token))!.Value);
        Assert.Null(await store.GetAsync("/b", Token));
    }

    [Fact]
    public async Task A_watcher_sees_the_end_of_a_lease_without_anybody_reading()
    {
        await using var store = await OpenAsync();
        var lease = await store.GrantLeaseAsync(Lease, Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/leader", "me", lease), Token);
        var watching = ReadAsync(store, "/leader", 2, 1);
        await AdvanceAsync(Lease * 1.01);
        Assert.Null((await watching.WaitAsync(TimeSpan.FromSeconds(20), Token))[0].Changes[0].Value);
    }

    [Fact]
    public async Task A_watch_from_a_snapshot_sees_every_commit_once_and_in_order_while_others_write()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(StoreTransaction.Empty.Put("/w/before", "x"), Token);
        var snapshot = await store.ListAsync("/w/", Token);
        var watching = ReadAsync(store, "/w/", snapshot.Revision + 1, 200);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            for (var i = 0; i < 50; i++)
            {
                await store.CommitAsync(StoreTransaction.Empty.Put($"/w/{writer}/{i}", "x").Put($"/other/{writer}", "y"), Token);
            }
        }));
        var seen = await watching.WaitAsync(TimeSpan.FromSeconds(60), Token);
        Assert.Equal(Enumerable.Range(2, 200).Select(revision => (long)revision), seen.Select(change => change.Revision));
        Assert.All(seen, change => Assert.Single(change.Changes));
        Assert.Equal(200, seen.SelectMany(change => change.Changes).Select(change => change.Key).Distinct().Count());
    }

    [Fact]
    public async Task A_watch_from_the_past_sees_the_past()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(StoreTransaction.Empty.Put("/a", "1").Put("/b", "1"), Token);
        await store.CommitAsync(StoreTransaction.Empty.Delete("/a"), Token);
        var seen = await ReadAsync(store, "/", 1, 2);
        Assert.Equal([new KeyChange("/a", "1", 0), new KeyChange("/b", "1", 0)], seen[0].Changes);
        Assert.Equal([new KeyChange("/a", null, 0)], seen[1].Changes);
    }

    [Fact]
    public async Task A_watch_from_before_what_is_kept_says_so()
    {
        await using var store = await OpenAsync(historyKept: 10);
        for (var i = 0; i < 50; i++)
        {
            await store.CommitAsync(StoreTransaction.Empty.Put("/a", $"{i}"), Token);
        }

        var error = await Assert.ThrowsAsync<CompactedException>(() => ReadAsync(store, "/", 5, 1));
        Assert.InRange(error.OldestRevision, 6, 50);
        Assert.Equal(50, (await ReadAsync(store, "/", 50, 1))[0].Revision);
    }

    [Fact]
    public async Task A_watch_ends_when_it_is_cancelled()
    {
        await using var store = await OpenAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var watch = store.WatchAsync("/", 1, stop.Token).GetAsyncEnumerator(stop.Token);
        var next = watch.MoveNextAsync().AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public async Task A_watch_ends_with_an_error_when_the_store_is_closed()
    {
        var store = await OpenAsync();
        var watching = ReadAsync(store, "/", 1, 1);
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => watching.WaitAsync(TimeSpan.FromSeconds(20), Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.GetAsync("/a", Token));
    }

    [Fact]
    public async Task A_watch_from_the_future_begins_there()
    {
        await using var store = await OpenAsync();
        var watching = ReadAsync(store, "/", 3, 1);
        for (var i = 1; i <= 3; i++)
        {
            await store.CommitAsync(StoreTransaction.Empty.Put("/a", $"{i}"), Token);
        }

        Assert.Equal("3", (await watching.WaitAsync(TimeSpan.FromSeconds(20), Token))[0].Changes[0].Value);
    }

    [Fact]
    public async Task A_long_past_is_watched_whole()
    {
        await using var store = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 700).Select(i => store.CommitAsync(StoreTransaction.Empty.Put($"/{i % 2}/{i}", "x"), Token)));
        Assert.Equal(Enumerable.Range(1, 700).Select(i => (long)i), (await ReadAsync(store, "", 1, 700)).Select(change => change.Revision));
        Assert.Equal(350, (await ReadAsync(store, "/1/", 1, 350)).Select(change => change.Revision).Distinct().Count());
    }

    [Fact]
    public async Task A_lease_of_many_years_is_granted_and_one_beyond_the_limit_is_refused()
    {
        await using var store = await OpenAsync();
        var lease = await store.GrantLeaseAsync(StoreLimits.LongestTimeToLive, Token);
        await AdvanceAsync(TimeSpan.FromDays(100));
        Assert.True(await store.KeepAliveAsync(lease, Token));
        await Assert.ThrowsAsync<ControlStoreException>(() => store.GrantLeaseAsync(StoreLimits.LongestTimeToLive + TimeSpan.FromSeconds(1), Token));
    }

    [Fact]
    public async Task A_lease_that_never_was_is_not_alive()
    {
        await using var store = await OpenAsync();
        Assert.False(await store.KeepAliveAsync(4711, Token));
        await store.RevokeLeaseAsync(4711, Token);
        Assert.Equal(CommitOutcome.LeaseEnded, (await store.CommitAsync(StoreTransaction.Empty.Put("/a", "1", 4711), Token)).Outcome);
    }

    [Fact]
    public async Task What_is_cancelled_before_it_began_does_nothing()
    {
        await using var store = await OpenAsync();
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.CommitAsync(StoreTransaction.Empty.Put("/a", "1"), stop.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.GetAsync("/a", stop.Token));
        Assert.Equal(0, (await store.ListAsync("", Token)).Revision);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_operations_do_what_a_simple_model_does(int seed)
    {
        await using var store = await OpenAsync();
        var random = new Random(seed);
        var model = new Dictionary<string, (string Value, long Revision, long Lease)>();
        var leases = new List<long>();
        var revision = 0L;
        for (var step = 0; step < 300; step++)
        {
            var key = $"/k{random.Next(6)}";
            switch (random.Next(6))
            {
                case 0:
                    leases.Add(await store.GrantLeaseAsync(TimeSpan.FromHours(1), Token));
                    break;
                case 1 when leases.Count > 0:
                    var ended = leases[random.Next(leases.Count)];
                    leases.Remove(ended);
                    await store.RevokeLeaseAsync(ended, Token);
                    var bound = model.Where(entry => entry.Value.Lease == ended).Select(entry => entry.Key).ToList();
                    bound.ForEach(gone => model.Remove(gone));
                    revision += bound.Count > 0 ? 1 : 0;
                    break;
                case 2:
                    await store.CommitAsync(StoreTransaction.Empty.Delete(key), Token);
                    revision += model.Remove(key) ? 1 : 0;
                    break;
                default:
                    var expected = random.Next(2) == 0 ? model.GetValueOrDefault(key).Revision : random.Next(40);
                    var lease = leases.Count > 0 && random.Next(2) == 0 ? leases[random.Next(leases.Count)] : 0;
                    var result = await store.CommitAsync(StoreTransaction.Empty.IfRevision(key, expected).Put(key, $"{step}", lease), Token);
                    Assert.Equal(expected == model.GetValueOrDefault(key).Revision, result.Committed);
                    if (result.Committed)
                    {
                        model[key] = ($"{step}", ++revision, lease);
                    }

                    break;
            }

            var snapshot = await store.ListAsync("/k", Token);
            Assert.Equal(revision, snapshot.Revision);
            Assert.Equal(
                model.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new StoreEntry(entry.Key, entry.Value.Value, entry.Value.Revision, entry.Value.Lease)),
                snapshot.Entries);
        }
    }

    private static async Task<ImmutableArray<StoreChange>> ReadAsync(IControlStore store, string prefix, long from, int count)
    {
        var seen = ImmutableArray.CreateBuilder<StoreChange>();
        await foreach (var change in store.WatchAsync(prefix, from, Token))
        {
            seen.Add(change);
            if (seen.Count == count)
            {
                break;
            }
        }

        return seen.ToImmutable();
    }
}
