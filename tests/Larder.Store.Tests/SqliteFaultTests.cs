using Larder.Store.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Larder.Store.Tests;

/// <summary>What a full disk and other programs do to the running store of one host, and what it says then.</summary>
public sealed class SqliteFaultTests : IDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _clock = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("larder-store-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_folder, "larder.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_keys_of_a_lease_that_ends_on_a_full_disk_are_gone_at_once_and_deleted_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(_folder, "small"), Token);
        await using var store = await SqliteControlStore.OpenAsync(Path.Combine(disk.Path, "larder.db"), _clock, Token);
        var lease = await store.GrantLeaseAsync(Lease, Token);
        var other = await store.GrantLeaseAsync(Lease, Token);
        var bound = await store.CommitAsync(StoreTransaction.Empty.Put("/leader", "me", lease), Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/other", "me", other), Token);
        var watching = FirstAsync(store, "/leader", bound.Revision + 1);
        disk.Fill();
        _clock.Advance(Lease * 0.9);
        Assert.True(await store.KeepAliveAsync(other, Token));
        _clock.Advance(Lease * 0.2);

        Assert.Null(await store.GetAsync("/leader", Token));
        Assert.Equal(["/other"], (await store.ListAsync("", Token)).Entries.Select(entry => entry.Key));
        Assert.False(await store.KeepAliveAsync(lease, Token));
        Assert.True(await store.KeepAliveAsync(other, Token));
        await Assert.ThrowsAsync<ControlStoreException>(() => store.CommitAsync(StoreTransaction.Empty.Put("/a", "1"), Token));
        Assert.Null(await store.GetAsync("/leader", Token));

        disk.Free();
        await AdvanceUntilAsync(watching, async () => Assert.True(await store.KeepAliveAsync(other, Token)));
        Assert.Equal(new KeyChange("/leader", null, 0), Assert.Single((await watching.WaitAsync(TimeSpan.FromSeconds(10), Token)).Changes));
        Assert.True((await store.CommitAsync(StoreTransaction.Empty.IfAbsent("/leader").Put("/leader", "you"), Token)).Committed);
    }

    [Fact]
    public async Task A_lease_that_is_revoked_on_a_full_disk_has_ended()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(_folder, "small"), Token);
        await using var store = await SqliteControlStore.OpenAsync(Path.Combine(disk.Path, "larder.db"), _clock, Token);
        var lease = await store.GrantLeaseAsync(Lease, Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/leader", "me", lease), Token);
        disk.Fill();
        var error = await Assert.ThrowsAsync<ControlStoreException>(() => store.RevokeLeaseAsync(lease, Token));
        Assert.True(error.IsTransient);
        Assert.False(await store.KeepAliveAsync(lease, Token));
        Assert.Null(await store.GetAsync("/leader", Token));
        disk.Free();
        await store.RevokeLeaseAsync(lease, Token);
        Assert.True((await store.CommitAsync(StoreTransaction.Empty.IfAbsent("/leader").Put("/leader", "you"), Token)).Committed);
    }

    [Fact]
    public async Task While_another_program_writes_to_the_file_leases_are_renewed_reads_go_on_and_commits_wait_within_a_bound()
    {
        await using var store = await OpenAsync(new SqliteStoreOptions { BusyTimeout = TimeSpan.FromSeconds(2) });
        var lease = await store.GrantLeaseAsync(Lease, Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/a", "1", lease), Token);
        await using var other = ForeignProgram.Open(FilePath);
        ForeignProgram.Run(other, "BEGIN IMMEDIATE");
        var watching = FirstAsync(store, "/b", 1);
        var waiting = store.CommitAsync(StoreTransaction.Empty.Put("/b", "refused"), Token);

        Assert.True(await store.KeepAliveAsync(lease, Token));
        Assert.Equal("1", (await store.GetAsync("/a", Token))!.Value);
        Assert.Single((await store.ListAsync("", Token)).Entries);
        Assert.False(waiting.IsCompleted, "The other program holds the write lock, so the commit cannot be done.");

        var error = await Assert.ThrowsAsync<ControlStoreException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30), Token));
        Assert.True(error.IsTransient);
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        Assert.False(watching.IsCompleted, "Nothing was committed.");
        ForeignProgram.Run(other, "ROLLBACK");
        Assert.True((await store.CommitAsync(StoreTransaction.Empty.Put("/b", "done"), Token)).Committed);
        Assert.Equal("done", Assert.Single((await watching.WaitAsync(TimeSpan.FromSeconds(20), Token)).Changes).Value);
    }

    [Fact]
    public async Task A_lease_that_ends_while_another_program_writes_is_gone_at_once_and_deleted_afterwards()
    {
        await using var store = await OpenAsync();
        var lease = await store.GrantLeaseAsync(Lease, Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/leader", "me", lease), Token);
        var watching = FirstAsync(store, "/leader", 2);
        await using var other = ForeignProgram.Open(FilePath);
        ForeignProgram.Run(other, "BEGIN IMMEDIATE");
        _clock.Advance(Lease * 1.01);

        Assert.True(store.KeepAliveAsync(lease, Token) is { IsCompletedSuccessfully: true, Result: false }, "Asking for a lease waits for nothing.");
        Assert.Null(await store.GetAsync("/leader", Token));
        Assert.Empty((await store.ListAsync("", Token)).Entries);
        Assert.False(watching.IsCompleted, "The deletion is not committed, so there is nothing to see.");
        Assert.True((await Assert.ThrowsAsync<ControlStoreException>(() => store.CommitAsync(StoreTransaction.Empty.Put("/a", "1"), Token))).IsTransient);

        ForeignProgram.Run(other, "ROLLBACK");
        await AdvanceUntilAsync(watching);
        Assert.Null(Assert.Single((await watching).Changes).Value);
    }

    [Fact]
    public async Task A_commit_deletes_what_dead_leases_left_without_waiting_for_the_next_try()
    {
        await using var store = await OpenAsync();
        var lease = await store.GrantLeaseAsync(Lease, Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/leader", "me", lease), Token);
        var successor = StoreTransaction.Empty.IfAbsent("/leader").Put("/leader", "you");
        await using (var other = ForeignProgram.Open(FilePath))
        {
            ForeignProgram.Run(other, "BEGIN IMMEDIATE");
            await Assert.ThrowsAsync<ControlStoreException>(() => store.RevokeLeaseAsync(lease, Token));

            // Calls are served in turn: when these have failed, so has the try that the first woke. The next one waits for the clock, which stands.
            await Assert.ThrowsAsync<ControlStoreException>(() => store.CommitAsync(successor, Token));
            await Assert.ThrowsAsync<ControlStoreException>(() => store.CommitAsync(successor, Token));
        }

        Assert.Equal(new CommitResult(CommitOutcome.Committed, 3), await store.CommitAsync(successor, Token));
        Assert.Equal(new StoreEntry("/leader", "you", 3, 0), await store.GetAsync("/leader", Token));
        Assert.Equal(new KeyChange("/leader", null, 0), Assert.Single((await FirstAsync(store, "/leader", 2)).Changes));
    }

    [Fact]
    public async Task A_call_that_stands_in_the_queue_for_too_long_fails()
    {
        await using var store = await OpenAsync(
            new SqliteStoreOptions { BusyTimeout = TimeSpan.FromSeconds(20), QueueTimeout = TimeSpan.FromMilliseconds(50) });
        await using var other = ForeignProgram.Open(FilePath);
        ForeignProgram.Run(other, "BEGIN IMMEDIATE");
        var first = store.CommitAsync(StoreTransaction.Empty.Put("/a", "1"), Token);
        var error = await Assert.ThrowsAsync<ControlStoreException>(() => store.CommitAsync(StoreTransaction.Empty.Put("/b", "1"), Token));
        Assert.True(error.IsTransient);
        Assert.False(first.IsCompleted, "The second call is to fail while the first still waits for the other program.");
        ForeignProgram.Run(other, "ROLLBACK");
        Assert.True((await first).Committed);
        Assert.Null(await store.GetAsync("/b", Token));
    }

    [Fact]
    public async Task A_store_that_is_closed_while_a_commit_waits_ends_that_one_and_refuses_those_behind_it()
    {
        var store = await OpenAsync();
        await using var other = ForeignProgram.Open(FilePath);
        ForeignProgram.Run(other, "BEGIN IMMEDIATE");
        var first = store.CommitAsync(StoreTransaction.Empty.Put("/a", "1"), Token);
        var second = store.CommitAsync(StoreTransaction.Empty.Put("/b", "1"), Token);
        var closing = store.DisposeAsync();
        await Assert.ThrowsAsync<ControlStoreException>(() => first);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => second);
        ForeignProgram.Run(other, "ROLLBACK");
        await closing;
        await store.DisposeAsync();
        await using var again = await OpenAsync();
        Assert.Empty((await again.ListAsync("", Token)).Entries);
    }

    [Fact]
    public async Task Another_program_may_read_while_the_daemon_runs()
    {
        await using var store = await OpenAsync();
        await store.CommitAsync(StoreTransaction.Empty.Put("/a", "één"), Token);
        await using var reader = ForeignProgram.Open(FilePath);
        ForeignProgram.Run(reader, "BEGIN");
        Assert.Equal("één", ForeignProgram.Run(reader, "SELECT value FROM entries WHERE key = '/a'"));
        Assert.True((await store.CommitAsync(StoreTransaction.Empty.Put("/a", "twee"), Token)).Committed);
        Assert.Equal("één", ForeignProgram.Run(reader, "SELECT value FROM entries WHERE key = '/a'"));
    }

    private Task<SqliteControlStore> OpenAsync(SqliteStoreOptions? options = null) =>
        SqliteControlStore.OpenAsync(FilePath, _clock, Token, options ?? new SqliteStoreOptions { BusyTimeout = TimeSpan.FromSeconds(1) });

    /// <summary>Lets time pass in steps until something has happened: what is tried again waits for the clock, but is done on another thread.</summary>
    private async Task AdvanceUntilAsync(Task happened, Func<Task>? eachStep = null)
    {
        for (var step = 0; step < 200 && !happened.IsCompleted; step++)
        {
            await (eachStep?.Invoke() ?? Task.CompletedTask);
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(happened, Task.Delay(50, Token));
        }

        Assert.True(happened.IsCompleted, "Nothing happened within 200 steps of a second.");
    }

    private static async Task<StoreChange> FirstAsync(SqliteControlStore store, string prefix, long from)
    {
        await foreach (var change in store.WatchAsync(prefix, from, Token))
        {
            return change;
        }

        throw new InvalidOperationException("A watch ended by itself.");
    }
}
