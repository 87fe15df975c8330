using System.Diagnostics;
using System.Globalization;
using Larder.Store.Conformance;
using Larder.Store.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Larder.Store.Tests;

/// <summary>The store of one host does what every store does, and survives what happens to one host.</summary>
public sealed class SqliteControlStoreTests : ControlStoreConformance, IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("larder-store-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_folder, "larder.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override async Task<IControlStore> OpenAsync(int historyKept = 10_000) =>
        await SqliteControlStore.OpenAsync(FilePath, _clock, Token, new SqliteStoreOptions { HistoryKept = historyKept });

    protected override Task AdvanceAsync(TimeSpan time)
    {
        _clock.Advance(time);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task What_was_committed_is_there_after_a_reopen_and_revisions_go_on()
    {
        await using (var store = await OpenAsync())
        {
            await store.CommitAsync(StoreTransaction.Empty.Put("/a", "1"), Token);
        }

        await using var again = await OpenAsync();
        Assert.Equal("1", (await again.GetAsync("/a", Token))!.Value);
        Assert.Equal(2, (await again.CommitAsync(StoreTransaction.Empty.Put("/b", "2"), Token)).Revision);
    }

    [Fact]
    public async Task A_reopen_gives_a_lease_its_full_time_again_and_never_uses_an_id_twice()
    {
        long lease;
        await using (var store = await OpenAsync())
        {
            lease = await store.GrantLeaseAsync(TimeSpan.FromSeconds(10), Token);
            await store.CommitAsync(StoreTransaction.Empty.Put("/leader", "me", lease), Token);
            _clock.Advance(TimeSpan.FromSeconds(9));
        }

        await using var again = await OpenAsync();
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.True(await again.KeepAliveAsync(lease, Token));
        await again.RevokeLeaseAsync(lease, Token);
        Assert.True(await again.GrantLeaseAsync(TimeSpan.FromSeconds(1), Token) > lease);
    }

    [Fact]
    public async Task A_full_disk_refuses_the_commit_and_changes_nothing()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(_folder, "small"), Token);
        await using var store = await SqliteControlStore.OpenAsync(Path.Combine(disk.Path, "larder.db"), _clock, Token);
        var committed = 0;
        var error = await Assert.ThrowsAsync<ControlStoreException>(async () =>
        {
            for (; committed < 1000; committed++)
            {
                await store.CommitAsync(StoreTransaction.Empty.Put($"/k{committed}", new string('x', 20_000)), Token);
            }
        });
        Assert.Contains("full", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsTransient);
        var snapshot = await store.ListAsync("/k", Token);
        Assert.Equal(committed, snapshot.Entries.Length);
        Assert.Equal(committed, snapshot.Revision);
    }

    [Fact]
    public async Task A_writer_that_is_killed_loses_nothing_that_it_was_told_is_committed()
    {
        var random = new Random(11);
        var acknowledged = 0L;
        for (var round = 0; round < 3; round++)
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
            start.Environment[KilledWriter.Variable] = FilePath;
            using var writer = Process.Start(start)!;
            for (var lines = random.Next(5, 60); lines > 0; lines--)
            {
                acknowledged = long.Parse((await writer.StandardOutput.ReadLineAsync(Token))!, CultureInfo.InvariantCulture);
            }

            writer.Kill();
            while (await writer.StandardOutput.ReadLineAsync(Token) is { Length: > 0 } line)
            {
                acknowledged = long.TryParse(line, CultureInfo.InvariantCulture, out var revision) ? revision : acknowledged;
            }

            await writer.WaitForExitAsync(Token);
            await using var store = await OpenAsync();
            var snapshot = await store.ListAsync("/written/", Token);
            Assert.True(snapshot.Revision >= acknowledged, $"acknowledged {acknowledged}, found {snapshot.Revision}");
            Assert.Equal(snapshot.Revision, snapshot.Entries.Length);
        }
    }
}
