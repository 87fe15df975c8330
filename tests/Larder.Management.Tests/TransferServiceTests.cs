using System.Collections.Immutable;
using Larder.Backup.Catalogue;
using Larder.Backup.History;
using Larder.Management.Contracts;
using Larder.Management.Services;
using Larder.Model.Operations;
using Larder.Model.Specs;
using Larder.Store;
using Larder.Store.Documents;
using Xunit;

namespace Larder.Management.Tests;

/// <summary>Requests about a cache's data as a whole: what is stored before it is acknowledged, what is refused, and why.</summary>
public sealed class TransferServiceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_is_stored_with_its_operation_before_it_is_acknowledged_and_a_second_request_is_busy()
    {
        await using var management = await StartAsync();
        var accepted = await management.Transfers.BackUpAsync("ORDERS", Token);
        var transfer = await RequestedAsync(management);
        Assert.Equal((accepted.OperationId, OperationKind.Backup, "local"), (transfer!.OperationId, transfer.Kind, transfer.Storage));
        var operation = await management.Operations.GetAsync(accepted.OperationId!, Token);
        Assert.Equal((OperationKind.Backup, OperationState.Running, "orders"), (operation.Kind, operation.State, operation.Cache));

        await RefusedAsync(ManagementFailure.Busy, "under way", () => management.Transfers.BackUpAsync("orders", Token));
        await RefusedAsync(ManagementFailure.Busy, "under way", () => management.Transfers.ExportAsync("orders", new ExportRequest(null, null, "x-"), Token));
        Assert.Equal(transfer, await RequestedAsync(management));
    }

    [Fact]
    public async Task A_cache_that_is_not_there_is_not_found_but_its_backups_are_listed_where_a_storage_is_named()
    {
        await using var management = await StartAsync();
        await PutBackupAsync(management, "lost", Noon);
        await RefusedAsync(ManagementFailure.NotFound, "lost", () => management.Transfers.BackUpAsync("lost", Token));
        await RefusedAsync(ManagementFailure.NotFound, "lost", () => management.Transfers.ListAsync("lost", null, Token));
        var listed = await management.Transfers.ListAsync("lost", "local", Token);
        Assert.False(Assert.Single(listed.Backups).Own);
        Assert.Null(listed.Schedule);
        await RefusedAsync(ManagementFailure.Invalid, "'nowhere'; there are: local", () => management.Transfers.ListAsync("lost", "nowhere", Token));
    }

    [Fact]
    public async Task A_restore_takes_the_newest_backup_or_the_newest_at_a_time()
    {
        await using var management = await StartAsync();
        await RefusedAsync(
            ManagementFailure.Refused, "There is no backup of orders", () => management.Transfers.RestoreAsync("orders", Restore(), Token));
        var older = await PutBackupAsync(management, "orders", Noon);
        var newer = await PutBackupAsync(management, "orders", Noon.AddHours(1));
        await RefusedAsync(
            ManagementFailure.Refused, "the oldest one was taken at 2026-11-27 12:00:00Z",
            () => management.Transfers.RestoreAsync("orders", Restore(Noon.AddSeconds(-1)), Token));
        Assert.Null(await RequestedAsync(management));

        await management.Transfers.RestoreAsync("orders", Restore(), Token);
        Assert.Equal(newer, (await RequestedAsync(management))!.BackupId);
        await ForgetAsync(management);
        await management.Transfers.RestoreAsync("orders", Restore(Noon.AddMinutes(59)), Token);
        var transfer = await RequestedAsync(management);
        Assert.Equal((older, "orders", false), (transfer!.BackupId, transfer.Source, transfer.Replace));
    }

    [Fact]
    public async Task A_restore_into_a_new_cache_makes_it_with_ports_of_its_own_and_into_an_existing_one_is_refused()
    {
        await using var management = await StartAsync();
        await PutBackupAsync(management, "orders", Noon);
        await RefusedAsync(
            ManagementFailure.Refused, "There is a cache named orders already", () => management.Transfers.RestoreAsync("orders", Restore(into: "orders"), Token));
        var accepted = await management.Transfers.RestoreAsync("orders", Restore(into: "copy"), Token);
        var transfer = await RequestedAsync(management, "copy");
        Assert.Equal((accepted.OperationId, true, true), (transfer!.OperationId, transfer.Replace, transfer.HoldsClients));
        Assert.Null(await RequestedAsync(management));
        Assert.Equal("copy", (await management.Caches.ShowAsync("copy", Token)).Name);
        await RefusedAsync(
            ManagementFailure.Refused, "There is a cache named copy already", () => management.Transfers.RestoreAsync("orders", Restore(into: "copy"), Token));
    }

    [Fact]
    public async Task With_a_window_a_time_is_of_the_kept_history_and_neither_before_it_nor_in_the_future()
    {
        await using var management = await StartAsync(spec => spec with
        {
            Redis = spec.Redis with { Persistence = PersistenceMode.Aof },
            Backup = spec.Backup with { WindowHours = 1 },
        });
        management.Clock.SetUtcNow(Noon.AddHours(1));
        await RefusedAsync(
            ManagementFailure.Refused, "Nothing of the history", () => management.Transfers.RestoreAsync("orders", Restore(Noon, "then"), Token));
        var history = new LogHistory(LogHistory.FolderOf(management.Home.NodeFolder("orders", 0), null));
        Directory.CreateDirectory(history.Folder);
        var moment = new LogMoment(Noon, Noon, null, ["1-appendonly.aof.1.incr.aof"]);
        await File.WriteAllTextAsync(history.PathOf(moment), LogHistory.Serialize(moment), Token);
        foreach (var outside in new[] { Noon.AddSeconds(-1), Noon.AddHours(2) })
        {
            await RefusedAsync(
                ManagementFailure.Refused, "reaches from 2026-11-27 12:00:00Z to now, 2026-11-27 13:00:00Z",
                () => management.Transfers.RestoreAsync("orders", Restore(outside, "then"), Token));
        }

        await management.Transfers.RestoreAsync("orders", Restore(Noon.AddMinutes(30), "then"), Token);
        var transfer = await RequestedAsync(management, "then");
        Assert.Equal((Noon.AddMinutes(30), "", "orders"), (transfer!.At, transfer.BackupId, transfer.Source));
    }

    [Fact]
    public async Task An_export_without_a_prefix_has_the_name_and_the_time_and_nothing_is_overwritten()
    {
        await using var management = await StartAsync();
        management.Clock.SetUtcNow(Noon.AddYears(50));
        await management.Transfers.ExportAsync("orders", new ExportRequest(null, null, null), Token);
        Assert.Equal("orders-20761127T120000Z/", (await RequestedAsync(management))!.Prefix);
        await ForgetAsync(management);
        await PutAsync(management, "out/shard-0000.rdb");
        await RefusedAsync(
            ManagementFailure.Refused, "'out/shard-0000.rdb'; nothing is overwritten", () => management.Transfers.ExportAsync("orders", new ExportRequest("local", null, "out/"), Token));
        Assert.Null(await RequestedAsync(management));
    }

    [Theory]
    [InlineData(null, null, "../x-", "'..'")]
    [InlineData(null, null, "a/../../x-", "'..'")]
    [InlineData(null, null, "/etc/x-", "begins with '/'")]
    [InlineData(null, null, "a//x-", "empty segment")]
    [InlineData(null, null, "a\\x-", "one of \\ ? # % :")]
    [InlineData(null, null, "%2e%2e/x-", "one of \\ ? # % :")]
    [InlineData(null, null, "a\nb", "control character")]
    [InlineData(null, null, "", "is empty")]
    [InlineData(null, "relative", "x-", "must be an absolute path")]
    [InlineData(null, "/tmp/../etc", "x-", "must be an absolute path")]
    [InlineData("local", "/tmp", "x-", "not both")]
    [InlineData("nowhere", null, "x-", "There is no storage named 'nowhere'")]
    public async Task An_export_to_where_it_must_not_go_is_refused(string? storage, string? folder, string prefix, string said)
    {
        await using var management = await StartAsync();
        await RefusedAsync(ManagementFailure.Invalid, said, () => management.Transfers.ExportAsync("orders", new ExportRequest(storage, folder, prefix), Token));
        Assert.Null(await RequestedAsync(management));
    }

    [Fact]
    public async Task An_import_takes_the_named_files_in_their_order_and_then_those_of_the_prefix()
    {
        await using var management = await StartAsync();
        foreach (var path in new[] { "in/b.rdb", "in/a.rdb", "in/notes.txt", "last.rdb" })
        {
            await PutAsync(management, path);
        }

        await management.Transfers.ImportAsync("orders", new ImportRequest(null, null, ["last.rdb", "in/b.rdb"], "in/"), Token);
        var transfer = await RequestedAsync(management);
        Assert.Equal(["last.rdb", "in/b.rdb", "in/a.rdb"], transfer!.Files);
        Assert.True(transfer.Replace);
    }

    [Theory]
    [InlineData(new string[0], null, ManagementFailure.Invalid, "No file is named")]
    [InlineData(new string[0], "zzz", ManagementFailure.Invalid, "begins with 'zzz' and ends with '.rdb'")]
    [InlineData(new[] { "a.rdb", "a.rdb" }, null, ManagementFailure.Invalid, "'a.rdb' is named 2 times")]
    [InlineData(new[] { "b.rdb" }, null, ManagementFailure.NotFound, "There is no 'b.rdb'")]
    [InlineData(new[] { "a.rd" }, null, ManagementFailure.NotFound, "There is no 'a.rd'")]
    [InlineData(new[] { "../a.rdb" }, null, ManagementFailure.Invalid, "'..'")]
    [InlineData(new[] { "/etc/passwd" }, null, ManagementFailure.Invalid, "begins with '/'")]
    [InlineData(new string[0], "../", ManagementFailure.Invalid, "'..'")]
    public async Task An_import_of_what_is_not_there_or_must_not_be_read_is_refused(string[] files, string? prefix, ManagementFailure kind, string said)
    {
        await using var management = await StartAsync();
        await PutAsync(management, "a.rdb");
        await RefusedAsync(kind, said, () => management.Transfers.ImportAsync("orders", new ImportRequest(null, null, [.. files], prefix), Token));
        Assert.Null(await RequestedAsync(management));
    }

    [Fact]
    public async Task An_import_of_too_many_files_is_refused()
    {
        await using var management = await StartAsync();
        var files = Enumerable.Range(0, 1001).Select(number => $"{number}.rdb");
        await RefusedAsync(
            ManagementFailure.Invalid, "1001 files; at most 1000", () => management.Transfers.ImportAsync("orders", new ImportRequest(null, null, [.. files], null), Token));
    }

    [Fact]
    public async Task While_the_number_of_shards_changes_data_is_neither_read_nor_replaced_as_a_whole_and_the_other_way_round()
    {
        await using var management = await StartAsync(spec => spec with { Cluster = new ClusterSpec { EnableCluster = true, ShardCount = 2 } });
        await PutAsync(management, "a.rdb");
        var key = StoreKeys.Cluster("orders");
        var cluster = new ClusterDocument(ImmutableSortedDictionary<int, string>.Empty.Add(0, "0-8191").Add(1, "8192-16383"));
        var moving = cluster with { Scaling = new ScalingDocument("x", 2, 3) };
        await management.Store.CommitAsync(StoreTransaction.Empty.Put(key, StoreCodec.Encode(moving, DocumentSchemas.Current)), Token);
        await RefusedAsync(ManagementFailure.Busy, "from 2 to 3 shards", () => management.Transfers.BackUpAsync("orders", Token));
        await RefusedAsync(ManagementFailure.Busy, "from 2 to 3 shards", () => management.Transfers.ExportAsync("orders", new ExportRequest(null, null, "x-"), Token));
        await RefusedAsync(ManagementFailure.Busy, "from 2 to 3 shards", () => management.Transfers.ImportAsync("orders", new ImportRequest(null, null, ["a.rdb"], null), Token));
        Assert.Null(await RequestedAsync(management));

        await management.Store.CommitAsync(StoreTransaction.Empty.Put(key, StoreCodec.Encode(cluster, DocumentSchemas.Current)), Token);
        await management.Transfers.ImportAsync("orders", new ImportRequest(null, null, ["a.rdb"], null, DropOtherDatabases: true), Token);
        Assert.True((await RequestedAsync(management))!.DropOtherDatabases);
        var wider = ManagementFixture.Spec() with { Cluster = new ClusterSpec { EnableCluster = true, ShardCount = 3 } };
        var refusal = await Assert.ThrowsAsync<ManagementException>(() => management.Caches.ApplyAsync(wider, Token));
        Assert.Contains(refusal.View.Details, detail => detail.Contains("slots must not move meanwhile", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Other_databases_are_dropped_only_where_there_are_none()
    {
        await using var management = await StartAsync();
        await PutAsync(management, "a.rdb");
        await PutBackupAsync(management, "orders", Noon);
        await RefusedAsync(
            ManagementFailure.Invalid, "orders is not clustered",
            () => management.Transfers.ImportAsync("orders", new ImportRequest(null, null, ["a.rdb"], null, DropOtherDatabases: true), Token));
        await RefusedAsync(
            ManagementFailure.Invalid, "orders is not clustered", () => management.Transfers.RestoreAsync("orders", Restore() with { DropOtherDatabases = true }, Token));
        Assert.Null(await RequestedAsync(management));
    }

    private static async Task<ManagementFixture> StartAsync(Func<CacheSpec, CacheSpec>? change = null)
    {
        var management = new ManagementFixture();
        var spec = ManagementFixture.Spec();
        await management.Caches.ApplyAsync(change is null ? spec : change(spec), Token);
        return management;
    }

    private static RestoreRequest Restore(DateTimeOffset? at = null, string? into = null) => new(at, null, null, into, Replace: false);

    private static async Task PutAsync(ManagementFixture management, string path)
    {
        using var content = new MemoryStream([1]);
        await management.Local.WriteAsync(path, content, null, Token);
    }

    private static async Task<string> PutBackupAsync(ManagementFixture management, string cache, DateTimeOffset takenAt)
    {
        var uid = new string('a', 32);
        var id = BackupPaths.Id(takenAt, uid);
        await new BackupCatalogue(management.Local).CommitAsync(
            new BackupManifest
            {
                Id = id,
                Cache = cache,
                CacheUid = uid,
                Engine = "redis",
                EngineVersion = "7.0.15",
                TakenAt = takenAt,
                EndedAt = takenAt.AddSeconds(1),
                Shards =
                [
                    new BackupShard
                    {
                        Shard = 0,
                        Path = BackupPaths.Shard(cache, id, 0),
                        Bytes = 1,
                        Sha256 = "",
                        RdbVersion = 10,
                        Keys = 1,
                        Node = 1,
                        TakenOnReplica = true,
                    },
                ],
            },
            Token);
        return id;
    }

    private static async Task<TransferDocument?> RequestedAsync(ManagementFixture management, string cache = "orders")
    {
        var key = StoreKeys.Transfer(cache);
        return await management.Store.GetAsync(key, Token) is { } entry ? StoreCodec.Decode<TransferDocument>(key, entry.Value, DocumentSchemas.Current) : null;
    }

    private static Task<CommitResult> ForgetAsync(ManagementFixture management) =>
        management.Store.CommitAsync(StoreTransaction.Empty.Delete(StoreKeys.Transfer("orders")), Token);

    private static async Task RefusedAsync(ManagementFailure kind, string said, Func<Task> act)
    {
        var refusal = await Assert.ThrowsAsync<ManagementException>(act);
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(kind, refusal.Kind);
    }
}
