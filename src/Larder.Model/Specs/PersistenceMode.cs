namespace Larder.Model.Specs;

/// <summary>How a cache keeps its data on disk; fixed when the cache is created.</summary>
public enum PersistenceMode
{
    /// <summary>Memory only. Spec word: <c>Disabled</c>.</summary>
    Disabled,

    /// <summary>A snapshot at an interval. Spec word: <c>RDB</c>.</summary>
    Rdb,

    /// <summary>Every write appended to a log, flushed each second. Spec word: <c>AOF</c>.</summary>
    Aof,

    /// <summary>As <see cref="Aof"/>, with a second storage for the replicas' logs. Spec word: <c>AOF_DUAL</c>.</summary>
    AofDual,
}
