using Azure.Storage.Blobs;
using Larder.EndToEnd.Tests.Harness;
using Larder.Testing;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>Backups in Azure Blob Storage, on Azurite, over a network that fails.</summary>
public sealed class FarStorageTests
{
    [Fact]
    public async Task A_wrong_credential_is_found_at_apply_and_a_storage_that_fails_is_told_and_costs_no_backup()
    {
        Assert.SkipWhen(AzuriteServer.Missing is not null, AzuriteServer.Missing ?? "");
        await using var azurite = await AzuriteServer.StartAsync();
        await new BlobContainerClient(azurite.ConnectionString, "backups").CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
        using var relay = new DisturbedRelay(azurite.Port);
        await using var larder = new Installation();
        BackupTests.Settings(larder, string.Join(',', Storage(larder, "cold", azurite.ConnectionTo(relay.Port)), Storage(larder, "locked", azurite.WrongConnectionString)));

        var spec = larder.DevelopmentSpec(more: "  persistence: RDB\nbackup:\n  storage: locked");
        var locked = await larder.RunAsync("up", spec, "--detach");
        Assert.Equal(2, locked.ExitCode);
        Assert.Contains("storage 'locked' (http://127.0.0.1", locked.Error, StringComparison.Ordinal);
        Assert.Contains("refuses the credential", locked.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(new byte[32]), locked.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await larder.RunAsync("show", "dev")).ExitCode);

        await larder.UpAsync(larder.DevelopmentSpec(more: "  persistence: RDB\nbackup:\n  storage: cold"));
        var changed = await larder.RunAsync("apply", larder.DevelopmentSpec(more: "  persistence: RDB\nbackup:\n  storage: locked"));
        Assert.Equal(2, changed.ExitCode);
        Assert.Contains("refuses the credential", changed.Error, StringComparison.Ordinal);

        await DataSet.WriteAsync(larder, "dev");
        (await larder.RunAsync("backup", "dev")).Succeeded();
        foreach (var (disturbance, said) in new[]
        {
            (Disturbance.Error, "the storage answered 500"), (Disturbance.Absence, "the storage cannot be reached"), (Disturbance.Silence, "the storage did not answer in time"),
        })
        {
            relay.Set(disturbance);
            var failed = await larder.RunAsync("backup", "dev");
            Assert.NotEqual(0, failed.ExitCode);
            Assert.Contains(said, failed.Error, StringComparison.Ordinal);
            relay.Set(Disturbance.None);
            Assert.Single((await larder.RunAsync("backups", "dev", "--output", "json")).Succeeded().Json.GetProperty("backups").EnumerateArray());
        }

        relay.Set(Disturbance.Slow);
        (await larder.RunAsync("backup", "dev")).Succeeded();
        relay.Set(Disturbance.None);
        (await larder.RunAsync("restore", "dev", "--replace", "--yes")).Succeeded();
        Assert.Equal(12, (await DataSet.ReadAsync(larder, "dev")).Count);
        Assert.Equal(3, (await larder.EventsAsync("dev")).Count(happened => happened.Kind == "BackupFailed"));
        Assert.DoesNotContain("AccountKey", await File.ReadAllTextAsync(Path.Combine(larder.Home, "logs", "larder.log"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    internal static string Storage(Installation larder, string name, string connection)
    {
        var file = Path.Combine(larder.Home, name + ".credential");
        File.WriteAllText(file, connection);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return $$"""{"name":"{{name}}","kind":"azure-blob","container":"backups","credentialFile":"{{file}}","callSeconds":1,"retries":1}""";
    }
}
