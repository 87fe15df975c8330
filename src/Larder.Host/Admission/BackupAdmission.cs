using Larder.Backup.Storages;
using Larder.Management.Admission;
using Larder.Management.Contracts;
using Larder.Model.Specs;

namespace Larder.Host.Admission;

/// <summary>
/// Whether the storages that a spec names are there and take what is written: a wrong credential is found when a spec is applied, not at its first backup.
/// </summary>
/// <param name="storages">The storages.</param>
internal sealed class BackupAdmission(StorageCatalogue storages) : IAdmissionCheck
{
    /// <inheritdoc/>
    public async ValueTask<AdmissionResult> CheckAsync(
        CacheSpec? current, CacheSpec desired, IReadOnlyList<CacheSpec> others, CancellationToken cancellationToken)
    {
        var refusals = new List<PlanRefusalView>();
        var warnings = new List<string>();
        if (desired.Redis.Persistence != PersistenceMode.Disabled && (current is null || current.Backup.Storage != desired.Backup.Storage)
            && await ProblemOfAsync(desired.Backup.Storage, cancellationToken) is { } problem)
        {
            refusals.Add(Refusal("backup.storage", current?.Backup.Storage, desired.Backup.Storage, problem));
        }

        if (current is null && desired.Redis.Persistence == PersistenceMode.AofDual)
        {
            var name = desired.Backup.SecondStorage;
            if (storages.Find(name) is not null and not FolderStorage)
            {
                refusals.Add(Refusal(
                    "backup.second_storage", null, name, $"The storage '{name}' is no plain folder, and an engine writes its log to a file of this host."));
            }
            else if (await ProblemOfAsync(name, cancellationToken) is { } wrong)
            {
                refusals.Add(Refusal("backup.second_storage", null, name, wrong));
            }
        }

        return new AdmissionResult([.. refusals], [.. warnings]);
    }

    private async Task<string?> ProblemOfAsync(string name, CancellationToken cancellationToken)
    {
        if (storages.Find(name) is not { } storage)
        {
            return storages.Missing(name);
        }

        try
        {
            await storage.CheckAsync(cancellationToken);
            return null;
        }
        catch (StorageException exception)
        {
            return exception.Message;
        }
    }

    private static PlanRefusalView Refusal(string field, string? current, string wanted, string why) =>
        new(field, current, wanted, why, "Mend the storage in larder.json and start the daemon again, or name another one.");
}
