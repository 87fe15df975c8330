namespace Larder.Model.Specs;

/// <summary>The <c>backup</c> section of a spec: where copies of the data go and how many are kept.</summary>
public sealed record BackupSpec
{
    /// <summary>The storage that backups go to, by its name in the daemon's settings.</summary>
    public string Storage { get; init; } = "local";

    /// <summary>Good backups that are kept, 1..1000; older ones are retired.</summary>
    public int MaxSnapshotCount { get; init; } = 1;

    /// <summary>What happens where all local data is gone.</summary>
    public RestoreMode Restore { get; init; } = RestoreMode.Manual;

    /// <summary>With <see cref="PersistenceMode.AofDual"/>: the folder storage that the replicas' logs go to.</summary>
    public string SecondStorage { get; init; } = "second";

    /// <summary>With a log: for how many hours back the state of any second can be rebuilt, 0..168; 0 keeps nothing for that.</summary>
    public int WindowHours { get; init; }
}
