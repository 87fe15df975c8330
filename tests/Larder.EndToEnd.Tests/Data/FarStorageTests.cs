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
        BackupTests.Settings(larder, string.Join(
            ',', Storage(larder, "cold", azurite.ConnectionTo(relay.Port)), Storage(larder, "locked", azurite.WrongConnectionString),
            """{"name":"gone","kind":"folder","path":"/proc/larder"}"""));

        foreach (var (backup, said) in new[]
        {
            ("storage: locked", "storage 'locked' (http://127.0.0.1"), ("storage: locked", "refuses the credential"),
            ("storage: nowhere", "There is no storage named 'nowhere'; there are: cold, gone, local, locked, second"), ("storage: gone", "storage 'gone' (/proc/larder)"),
        })
        {
            Assert.Contains(said, await RefusedAsync(larder, "RDB", backup), StringComparison.Ordinal);
        }

        Assert.Contains("'cold' is no plain folder", await RefusedAsync(larder, "AOF_DUAL", "second_storage: cold"), StringComparison.Ordinal);
        Assert.Equal(2, (await larder.RunAsync("show", "dev")).ExitCode);
        await larder.UpAsync(larder.DevelopmentSpec(more: "  persistence: RDB\nbackup:\n  storage: cold"));
        Assert.Contains("refuses the credential", await RefusedAsync(larder, "RDB", "storage: locked"), StringComparison.Ordinal);

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

    private static async Task<string> RefusedAsync(Installation larder, string persistence, string backup)
    {
        var refused = await larder.RunAsync("up", larder.DevelopmentSpec(more: $"  persistence: {persistence}\nbackup:\n  {backup}"), "--detach");
        Assert.Equal(2, refused.ExitCode);
        Assert.DoesNotContain(Convert.ToBase64String(new byte[32]), refused.Error, StringComparison.Ordinal);
        return refused.Error;
    }

    internal static string Storage(Installation larder, string name, string connection)
    {
        var file = Path.Combine(larder.Home, name + ".credential");
        File.WriteAllText(file, connection);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return $$"""{"name":"{{name}}","kind":"azure-blob","container":"backups","credentialFile":"{{file}}","callSeconds":4,"retries":1}""";
    }
}
