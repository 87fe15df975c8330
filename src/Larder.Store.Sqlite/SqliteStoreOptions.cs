namespace Larder.Store.Sqlite;

/// <summary>Limits of a SQLite control store.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>How many commits can be watched from afterwards.</summary>
    /// <value>Default 10,000.</value>
    public int HistoryKept { get; init; } = 10_000;
}
