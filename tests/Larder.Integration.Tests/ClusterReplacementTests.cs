using Larder.Backup.Snapshots;
using Larder.Model.Clusters;
using Larder.Model.Events;
using Larder.Model.Operations;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>An exchange of all shards' data that a controller finds half done: it goes to its end in all of them, or back in all of them.</summary>
public sealed class ClusterReplacementTests
{
    private const int Keys = 600;

    [Theory]
    [InlineData("the engine does not load it")]
    [InlineData("it is not there")]
    public async Task Where_one_shard_cannot_have_its_new_data_all_get_back_what_they_had(string problem)
    {
        await using var controller = await ControllerFixture.StartAsync();
        await controller.CreateAsync(ClusterTests.Spec(EngineFamily.Redis, shards: 3));
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        using (var data = new ClusterData(controller, "it"))
        {
            await data.FillAsync(Keys);
        }

        var operation = await ReplaceAsync(controller, problem);
        Assert.Equal(OperationState.Failed, await controller.EndOfAsync(operation, seconds: 90));
        var undone = Assert.Single(controller.Journal.Events, happened => happened.Kind == EventKind.ImportUndone);
        Assert.Contains("it has what it had", undone.Message, StringComparison.Ordinal);
        await controller.WaitAsync("it", "Ready", status => status.State == CacheState.Ready);
        using var after = new ClusterData(controller, "it");
        await after.CheckAsync(Keys);
        Assert.Empty(Directory.GetDirectories(controller.Home.CacheFolder("it"), "before-*", SearchOption.AllDirectories));
    }

    /// <summary>Asks for what another daemon had prepared: an empty file for each shard, but for one.</summary>
    private static async Task<string> ReplaceAsync(ControllerFixture controller, string problem)
    {
        var operation = new OperationDocument
        {
            Id = new string('b', 32),
            Kind = OperationKind.Import,
            Cache = "it",
            State = OperationState.Running,
            Phase = "accepted",
            StartedAt = TimeProvider.System.GetUtcNow(),
        };
        var folder = Path.Combine(controller.Home.CacheFolder("it"), "transfer", operation.Id[..12]);
        Directory.CreateDirectory(folder);
        var empty = Path.Combine(folder, "empty.rdb");
        await File.WriteAllBytesAsync(empty, [.. "REDIS0010"u8, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0], TestContext.Current.CancellationToken);
        var survey = RdbDistribution.Survey(empty, _ => { }, TestContext.Current.CancellationToken);
        RdbDistribution.Distribute(
            [(empty, survey)], [.. Enumerable.Range(0, 3).Select(shard => Path.Combine(folder, $"new-{shard:D4}.rdb"))], slot => SlotMap.Even(3).OwnerOf(slot)!.Value,
            firstDatabaseOnly: true, _ => { }, TestContext.Current.CancellationToken);
        var spoilt = Path.Combine(folder, "new-0001.rdb");
        if (problem == "it is not there")
        {
            File.Delete(spoilt);
        }
        else
        {
            await File.WriteAllTextAsync(spoilt, "REDIS0010 and nothing that an engine knows", TestContext.Current.CancellationToken);
        }

        var transfer = new TransferDocument
        {
            OperationId = operation.Id,
            Kind = OperationKind.Import,
            Storage = "local",
            Files = ["empty.rdb"],
            Replace = true,
            Phase = TransferPhase.Replacing,
            Keys = 0,
        };
        await controller.Store.CommitAsync(
            StoreTransaction.Empty
                .Put(StoreKeys.Operation(operation.Id), StoreCodec.Encode(operation, DocumentSchemas.Current))
                .Put(StoreKeys.Transfer("it"), StoreCodec.Encode(transfer, DocumentSchemas.Current)),
            TestContext.Current.CancellationToken);
        return operation.Id;
    }
}
