namespace Larder.Store.Sqlite;

/// <summary>Limits of a SQLite control store.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>How many commits can be watched from afterwards.</summary>
    /// <value>Default 10,000.</value>
    public int HistoryKept { get; init; } = 10_000;

    /// <summary>How long a commit waits for another program that has the file locked.</summary>
    /// <value>Default 5 s.</value>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the store waits before it tries again to delete the keys of an ended lease, where the disk refused.</summary>
    /// <value>Default 1 s.</value>
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(1);
}
