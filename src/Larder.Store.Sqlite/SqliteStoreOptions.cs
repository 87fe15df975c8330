namespace Larder.Store.Sqlite;

/// <summary>Limits of a SQLite control store.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>How many commits can be watched from afterwards.</summary>
    /// <value>Default 10,000.</value>
    public int HistoryKept { get; init; } = 10_000;

    /// <summary>How long one write waits for another program that holds the file's lock.</summary>
    /// <value>Default 5 seconds. Less than one second waits for about one all the same.</value>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a call waits for those before it, until it fails.</summary>
    /// <value>Default 30 seconds.</value>
    public TimeSpan QueueTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
