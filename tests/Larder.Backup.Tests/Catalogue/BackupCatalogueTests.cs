using Larder.Backup.Catalogue;
using Larder.Backup.Storages;

namespace Larder.Backup.Tests.Catalogue;

/// <summary>Which backups count, in which order, and which ones go.</summary>
public sealed class BackupCatalogueTests : IDisposable
{
    private const string Ours = "aaaaaaaa11112222";
    private const string Theirs = "bbbbbbbb11112222";
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();

    private BackupCatalogue Catalogue => new(new FolderStorage("local", _folder.Path));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nothing_is_there_before_the_first_backup() => Assert.Empty((await Catalogue.ListAsync("orders", Token)).Backups);

    [Fact]
    public async Task Backups_are_listed_newest_first_and_one_without_a_manifest_does_not_count()
    {
        await PutAsync(Ours, 0);
        await PutAsync(Ours, 30);
        await PutAsync(Ours, 15);
        await Catalogue.Storage.WriteAsync(BackupPaths.Shard("orders", BackupPaths.Id(Noon.AddHours(2), Ours), 0), new MemoryStream([1]), null, Token);
        Assert.Equal([30, 15, 0], (await Catalogue.ListAsync("ORDERS", Token)).Backups.Select(backup => (int)(backup.TakenAt - Noon).TotalMinutes));
    }

    [Fact]
    public async Task A_manifest_that_cannot_be_read_is_told_and_does_not_hide_the_others()
    {
        await PutAsync(Ours, 0);
        await Catalogue.Storage.WriteAsync("caches/orders/20260101T000000Z-aaaaaaaa/manifest.json", new MemoryStream("{"u8.ToArray()), null, Token);
        await Catalogue.Storage.WriteAsync("caches/orders/20260102T000000Z-aaaaaaaa/manifest.json", new MemoryStream("""{"form":99}"""u8.ToArray()), null, Token);
        var listing = await Catalogue.ListAsync("orders", Token);
        Assert.Single(listing.Backups);
        Assert.Equal(2, listing.Problems.Length);
    }

    [Fact]
    public async Task The_oldest_are_retired_with_what_broken_attempts_left_and_those_of_another_cache_of_the_name_stay()
    {
        var other = await PutAsync(Theirs, -60);
        foreach (var minute in new[] { 0, 15, 30 })
        {
            await PutAsync(Ours, minute);
        }

        var broken = BackupPaths.Shard("orders", BackupPaths.Id(Noon.AddMinutes(20), Ours), 0);
        var underWay = BackupPaths.Shard("orders", BackupPaths.Id(Noon.AddMinutes(45), Ours), 0);
        await Catalogue.Storage.WriteAsync(broken, new MemoryStream([1]), null, Token);
        await Catalogue.Storage.WriteAsync(underWay, new MemoryStream([1]), null, Token);
        Assert.Equal(2, (await Catalogue.RetireAsync("orders", Ours, 1, Token)).Length);
        Assert.Equal([30, -60], (await Catalogue.ListAsync("orders", Token)).Backups.Select(backup => (int)(backup.TakenAt - Noon).TotalMinutes));
        Assert.True(File.Exists(_folder.At(other.Shards[0].Path)));
        Assert.False(File.Exists(_folder.At(broken)));
        Assert.True(File.Exists(_folder.At(underWay)));
    }

    [Theory]
    [InlineData(0, null, 60)]
    [InlineData(1, 60, 60.5)]
    [InlineData(2, 61, 62)]
    [InlineData(3, 62, 64)]
    [InlineData(30, 500, 530)]
    [InlineData(1, 5, 60)]
    public void An_attempt_is_due_an_interval_after_the_last_good_one_and_after_a_growing_pause_where_it_failed(int failures, int? failedAt, double due) =>
        Assert.Equal(
            Noon.AddMinutes(due),
            BackupSchedule.Due(Noon, TimeSpan.FromMinutes(60), failures, failedAt is { } minute ? Noon.AddMinutes(minute) : null));

    [Fact]
    public void A_backup_is_overdue_after_twice_the_interval()
    {
        Assert.False(BackupSchedule.IsOverdue(Noon, TimeSpan.FromMinutes(15), Noon.AddMinutes(30)));
        Assert.True(BackupSchedule.IsOverdue(Noon, TimeSpan.FromMinutes(15), Noon.AddMinutes(31)));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private async Task<BackupManifest> PutAsync(string uid, int minute)
    {
        var id = BackupPaths.Id(Noon.AddMinutes(minute), uid);
        var path = BackupPaths.Shard("orders", id, 0);
        await Catalogue.Storage.WriteAsync(path, new MemoryStream([1, 2, 3]), null, Token);
        var backup = new BackupManifest
        {
            Id = id,
            Cache = "orders",
            CacheUid = uid,
            Engine = "redis",
            EngineVersion = "7.0.15",
            TakenAt = Noon.AddMinutes(minute),
            EndedAt = Noon.AddMinutes(minute + 1),
            Shards = [new BackupShard { Shard = 0, Path = path, Bytes = 3, Sha256 = "", RdbVersion = 10, Keys = 1, Node = 1, TakenOnReplica = true }],
        };
        await Catalogue.CommitAsync(backup, Token);
        return backup;
    }
}
