using Larder.Model.Events;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>Backups are taken when the clock says so, on real engines.</summary>
public sealed class BackupScheduleTests
{
    [Fact]
    public async Task The_interval_counts_from_the_end_of_the_last_good_one_and_failures_are_tried_again_and_told()
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(new CacheSpec
        {
            Name = "it",
            Engine = EngineFamily.Redis,
            MemoryMb = 64,
            Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = 1, Persistence = PersistenceMode.Rdb, RdbPersistence = 15 },
        });
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready && status.Backup?.NextDueAt is not null);
        Assert.Empty(Of(controller, EventKind.BackupCompleted));

        await AdvanceAsync(controller, TimeSpan.FromMinutes(16));
        var first = await controller.WaitAsync("it", "backed up", status => status.Backup?.LastGoodAt is not null);
        Assert.Single(Of(controller, EventKind.BackupCompleted));
        Assert.InRange(first.Backup!.NextDueAt!.Value - first.Backup.LastGoodAt!.Value, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(15));

        // The storage is gone: failures, and after twice the interval an alarm.
        var store = controller.Home.StorageFolder("local");
        Directory.Move(store, store + "-away");
        await File.WriteAllTextAsync(store, "", TestContext.Current.CancellationToken);
        await AdvanceAsync(controller, TimeSpan.FromMinutes(16));
        await controller.WaitAsync("it", "failing", status => status.Backup is { Failures: > 0 });
        await AdvanceAsync(controller, TimeSpan.FromMinutes(16));
        await controller.WaitAsync("it", "overdue", status => status.Backup is { Overdue: true });
        Assert.NotEmpty(Of(controller, EventKind.BackupFailed));

        File.Delete(store);
        Directory.Move(store + "-away", store);
        await AdvanceAsync(controller, TimeSpan.FromMinutes(30));
        var second = await controller.WaitAsync("it", "good again", status => status.Backup is { Failures: 0, Overdue: false });
        Assert.NotEqual(first.Backup.LastGoodId, second.Backup!.LastGoodId);
        Assert.Single(Of(controller, EventKind.BackupOverdue));
        await controller.WaitAsync("it", "rid of the older backup", _ => Directory.GetFiles(store, "*.rdb", SearchOption.AllDirectories).Length == 1);
    }

    private static List<CacheEvent> Of(ControllerFixture controller, EventKind kind) => [.. controller.Journal.Events.Where(happened => happened.Kind == kind)];

    // The loop looks at the clock when a document of its cache changes.
    private static async Task AdvanceAsync(ControllerFixture controller, TimeSpan by)
    {
        controller.Time.Advance(by);
        var key = StoreKeys.Cache("it") + "touched";
        await controller.Store.CommitAsync(StoreTransaction.Empty.Put(key, """{"schema":1}"""), TestContext.Current.CancellationToken);
    }
}
