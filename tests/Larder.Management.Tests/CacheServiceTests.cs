using Larder.Management.Admission;
using Larder.Management.Contracts;
using Larder.Management.Services;
using Larder.Model.Operations;
using Larder.Store;
using Larder.Store.Documents;
using Xunit;

namespace Larder.Management.Tests;

/// <summary>What management acknowledges is in the control store first, in one commit; what it refuses leaves no trace.</summary>
public sealed class CacheServiceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_creation_is_one_commit_of_spec_secrets_and_operation()
    {
        await using var management = new ManagementFixture();
        var applied = await management.Caches.ApplyAsync(ManagementFixture.Spec(), Token);
        Assert.Equal("create", applied.Plan!.Kind);
        Assert.Equal("redis 8.0.2", applied.Plan.Engine);
        var snapshot = await management.Store.ListAsync("", Token);
        Assert.Equal(1, snapshot.Revision);
        Assert.Equal(
            [StoreKeys.Secrets("orders"), StoreKeys.Spec("orders"), StoreKeys.Operation(applied.OperationId!)],
            snapshot.Entries.Select(entry => entry.Key));
    }

    [Fact]
    public async Task No_secret_is_stored_in_clear()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(ManagementFixture.Spec(), Token);
        var keys = await management.Keys.ListAsync("orders", null, Token);
        var stored = string.Concat((await management.Store.ListAsync("", Token)).Entries.Select(entry => entry.Value));
        Assert.DoesNotContain(keys.Primary, stored, StringComparison.Ordinal);
        Assert.DoesNotContain(keys.Secondary, stored, StringComparison.Ordinal);
        Assert.NotEqual(keys.Primary, keys.Secondary);
    }

    [Fact]
    public async Task Applying_the_same_again_changes_nothing()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(ManagementFixture.Spec(), Token);
        var again = await management.Caches.ApplyAsync(ManagementFixture.Spec(), Token);
        Assert.Equal("none", again.Plan!.Kind);
        Assert.Null(again.OperationId);
        Assert.Equal(1, (await management.Store.ListAsync("", Token)).Revision);
    }

    [Fact]
    public async Task A_refusal_by_the_host_changes_nothing()
    {
        await using var management = new ManagementFixture
        {
            Admission = new AdmissionResult([new PlanRefusalView("endpoint.tls_port", null, "6380", "process 7 listens there.", "Stop it.")], []),
        };
        var error = await Assert.ThrowsAsync<ManagementException>(() => management.Caches.ApplyAsync(ManagementFixture.Spec(), Token));
        Assert.Equal(ManagementFailure.Refused, error.Kind);
        Assert.Contains("process 7", Assert.Single(error.View.Details), StringComparison.Ordinal);
        Assert.Equal(0, (await management.Store.ListAsync("", Token)).Revision);
    }

    [Fact]
    public async Task A_name_that_differs_in_case_only_is_refused()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(ManagementFixture.Spec(), Token);
        var error = await Assert.ThrowsAsync<ManagementException>(() => management.Caches.ApplyAsync(ManagementFixture.Spec("Orders"), Token));
        Assert.Contains("without case", Assert.Single(error.View.Details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_wish_ends_the_older_operation()
    {
        await using var management = new ManagementFixture();
        var first = await management.Caches.ApplyAsync(ManagementFixture.Spec(), Token);
        var second = await management.Caches.ApplyAsync(ManagementFixture.Spec() with { MemoryMb = 128 }, Token);
        var older = await management.Operations.GetAsync(first.OperationId!, Token);
        Assert.Equal("superseded", older.Error!.Code);
        Assert.Equal(OperationState.Running, (await management.Operations.GetAsync(second.OperationId!, Token)).State);
    }

    [Fact]
    public async Task A_delete_marks_the_cache_and_is_the_same_operation_when_repeated()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(ManagementFixture.Spec(), Token);
        var first = await management.Caches.DeleteAsync("ORDERS", Token);
        var second = await management.Caches.DeleteAsync("orders", Token);
        Assert.Equal(first.OperationId, second.OperationId);
        var error = await Assert.ThrowsAsync<ManagementException>(() => management.Caches.ApplyAsync(ManagementFixture.Spec() with { MemoryMb = 96 }, Token));
        Assert.Contains("being deleted", Assert.Single(error.View.Details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_cache_is_not_found_and_the_others_are_named()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(ManagementFixture.Spec(), Token);
        var error = await Assert.ThrowsAsync<ManagementException>(() => management.Caches.ShowAsync("absent", Token));
        Assert.Equal(ManagementFailure.NotFound, error.Kind);
        Assert.Contains("orders", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Regenerating_one_key_keeps_the_other_and_raises_its_own_generation()
    {
        await using var management = new ManagementFixture();
        await management.Caches.ApplyAsync(ManagementFixture.Spec(), Token);
        var before = await management.Keys.ListAsync("orders", null, Token);
        var after = await management.Keys.RegenerateAsync("orders", new RegenerateKeyRequest("Secondary"), Token);
        Assert.Equal(before.Primary, after.Primary);
        Assert.NotEqual(before.Secondary, after.Secondary);
        var entry = (await management.Store.GetAsync(StoreKeys.Secrets("orders"), Token))!;
        var secrets = StoreCodec.Decode<SecretsDocument>(entry.Key, entry.Value, DocumentSchemas.Current);
        Assert.Equal((1, 2), (secrets.PrimaryGeneration, secrets.SecondaryGeneration));
        await Assert.ThrowsAsync<ManagementException>(() => management.Keys.RegenerateAsync("orders", new RegenerateKeyRequest("third"), Token));
    }

    [Fact]
    public async Task Watching_an_operation_ends_with_it()
    {
        await using var management = new ManagementFixture();
        var applied = await management.Caches.ApplyAsync(ManagementFixture.Spec(), Token);
        var key = StoreKeys.Operation(applied.OperationId!);
        var seen = new List<OperationState>();
        var watching = Task.Run(
            async () =>
            {
                await foreach (var operation in management.Operations.WatchAsync(applied.OperationId!, Token))
                {
                    seen.Add(operation.State);
                }
            },
            Token);
        var running = await management.Operations.GetAsync(applied.OperationId!, Token);
        await management.Store.CommitAsync(
            StoreTransaction.Empty.Put(key, StoreCodec.Encode(running with { State = OperationState.Succeeded }, DocumentSchemas.Current)), Token);
        await watching.WaitAsync(TimeSpan.FromSeconds(20), Token);
        Assert.Equal(OperationState.Succeeded, seen[^1]);
    }

    [Fact]
    public void A_spec_is_shown_in_the_form_that_it_is_written_in()
    {
        var json = System.Text.Json.JsonSerializer.Serialize(ManagementFixture.Spec(), ApiJson.Wire);
        Assert.Contains("\"replicas_per_primary\":1", json, StringComparison.Ordinal);
        Assert.Equal(ManagementFixture.Spec(), System.Text.Json.JsonSerializer.Deserialize<Larder.Model.Specs.CacheSpec>(json, ApiJson.Wire));
    }
}
