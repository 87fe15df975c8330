using System.Diagnostics;
using Larder.Store.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Larder.Store.Tests;

/// <summary>What the disk, other programs and damaged files do to the store of one host, and what it says then.</summary>
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
        for (var i = 0; i < 40 && !watching.IsCompleted; i++)
        {
            Assert.True(await store.KeepAliveAsync(other, Token));
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(watching, Task.Delay(100, Token));
        }

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
        await using var store = await SqliteControlStore.OpenAsync(
            FilePath, _clock, Token, new SqliteStoreOptions { BusyTimeout = TimeSpan.FromSeconds(1) });
        var lease = await store.GrantLeaseAsync(Lease, Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/a", "1", lease), Token);
        await using var other = Foreign(FilePath);
        Run(other, "BEGIN IMMEDIATE");
        var waiting = store.CommitAsync(StoreTransaction.Empty.Put("/b", "1"), Token);

        Assert.True(await store.KeepAliveAsync(lease, Token));
        Assert.Equal("1", (await store.GetAsync("/a", Token))!.Value);
        Assert.Single((await store.ListAsync("", Token)).Entries);
        Assert.False(waiting.IsCompleted, "The other program holds the write lock, so the commit cannot be done.");

        var error = await Assert.ThrowsAsync<ControlStoreException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(30), Token));
        Assert.True(error.IsTransient);
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        Run(other, "ROLLBACK");
        Assert.True((await store.CommitAsync(StoreTransaction.Empty.Put("/b", "1"), Token)).Committed);
    }

    [Fact]
    public async Task Another_program_may_read_while_the_daemon_runs()
    {
        await using var store = await SqliteControlStore.OpenAsync(FilePath, _clock, Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/a", "één"), Token);
        await using var reader = Foreign(FilePath);
        Run(reader, "BEGIN");
        Assert.Equal("één", Scalar(reader, "SELECT value FROM entries WHERE key = '/a'"));
        Assert.True((await store.CommitAsync(StoreTransaction.Empty.Put("/a", "twee"), Token)).Committed);
        Assert.Equal("één", Scalar(reader, "SELECT value FROM entries WHERE key = '/a'"));
    }

    [Fact]
    public async Task The_database_of_another_program_is_refused_and_left_alone()
    {
        await using (var other = Foreign(FilePath))
        {
            Run(other, "CREATE TABLE songs (title TEXT)");
        }

        var before = await File.ReadAllBytesAsync(FilePath, Token);
        var error = await Assert.ThrowsAsync<ControlStoreException>(() => SqliteControlStore.OpenAsync(FilePath, _clock, Token));
        Assert.False(error.IsTransient);
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(FilePath, Token));
    }

    [Fact]
    public async Task A_damaged_file_is_refused_when_it_is_opened()
    {
        await using (var store = await SqliteControlStore.OpenAsync(FilePath, _clock, Token))
        {
            for (var i = 0; i < 20; i++)
            {
                await store.CommitAsync(StoreTransaction.Empty.Put($"/k{i}", new string('x', 3000)), Token);
            }
        }

        await using (var file = new FileStream(FilePath, FileMode.Open))
        {
            file.Position = file.Length / 2 / 4096 * 4096;
            file.Write(Enumerable.Repeat((byte)0xA5, 8192).ToArray());
        }

        var error = await Assert.ThrowsAsync<ControlStoreException>(() => SqliteControlStore.OpenAsync(FilePath, _clock, Token));
        Assert.False(error.IsTransient);
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_to_is_named()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(_folder, "small"), Token, readOnly: true);
        var path = Path.Combine(disk.Path, "larder.db");
        var error = await Assert.ThrowsAsync<ControlStoreException>(() => SqliteControlStore.OpenAsync(path, _clock, Token));
        Assert.False(error.IsTransient);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_is_full_at_the_first_start_is_told_as_that_and_no_other_daemon_is_blamed()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(_folder, "small"), Token);
        var path = Path.Combine(disk.Path, "larder.db");
        await using (await SqliteControlStore.OpenAsync(path, _clock, Token))
        {
        }

        File.Delete(path);
        disk.Fill();
        var error = await Assert.ThrowsAsync<ControlStoreException>(() => SqliteControlStore.OpenAsync(path, _clock, Token));
        Assert.True(error.IsTransient);
        Assert.Contains("full", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("process", error.Message, StringComparison.Ordinal);
        disk.Free();
        await using var store = await SqliteControlStore.OpenAsync(path, _clock, Token);
        Assert.True((await store.CommitAsync(StoreTransaction.Empty.Put("/a", "1"), Token)).Committed);
    }

    [Fact]
    public async Task A_file_that_others_could_read_is_closed_to_them()
    {
        await using (await SqliteControlStore.OpenAsync(FilePath, _clock, Token))
        {
        }

        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await using var store = await SqliteControlStore.OpenAsync(FilePath, _clock, Token);
        await store.CommitAsync(StoreTransaction.Empty.Put("/a", "1"), Token);
        Assert.All(
            Directory.GetFiles(_folder),
            path => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path)));
    }

    [Fact]
    public async Task The_lock_is_not_inherited_by_the_engines_that_outlive_the_daemon()
    {
        Process engine;
        await using (await SqliteControlStore.OpenAsync(FilePath, _clock, Token))
        {
            engine = Process.Start("sleep", "60");
        }

        try
        {
            await using var again = await SqliteControlStore.OpenAsync(FilePath, _clock, Token);
            Assert.False(engine.HasExited, "The child must still live for this to show anything.");
        }
        finally
        {
            engine.Kill();
            await engine.WaitForExitAsync(Token);
            engine.Dispose();
        }
    }

    private static async Task<StoreChange> FirstAsync(SqliteControlStore store, string prefix, long from)
    {
        await foreach (var change in store.WatchAsync(prefix, from, Token))
        {
            return change;
        }

        throw new InvalidOperationException("A watch ended by itself.");
    }

    private static SqliteConnection Foreign(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    private static void Run(SqliteConnection connection, string statement) => Scalar(connection, statement);

    private static object? Scalar(SqliteConnection connection, string statement)
    {
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        return command.ExecuteScalar();
    }
}
