namespace Larder.Model.Specs;

/// <summary>The words that spec files, plans and messages use for enumerated values. Compared with case.</summary>
public static class SpecWords
{
    /// <summary>The word for a persistence mode: <c>Disabled</c>, <c>RDB</c>, <c>AOF</c>, <c>AOF_DUAL</c>.</summary>
    /// <param name="value">The mode.</param>
    /// <returns>The word.</returns>
    public static string Of(PersistenceMode value) => value switch
    {
        PersistenceMode.Disabled => "Disabled",
        PersistenceMode.Rdb => "RDB",
        PersistenceMode.Aof => "AOF",
        PersistenceMode.AofDual => "AOF_DUAL",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such persistence mode."),
    };

    /// <summary>The word for a monitoring mode: <c>AUTOMATED</c>, <c>CUSTOM</c>, <c>DISABLED</c>.</summary>
    /// <param name="value">The mode.</param>
    /// <returns>The word.</returns>
    public static string Of(MonitoringMode value) => value switch
    {
        MonitoringMode.Automated => "AUTOMATED",
        MonitoringMode.Custom => "CUSTOM",
        MonitoringMode.Disabled => "DISABLED",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such monitoring mode."),
    };

    /// <summary>The word for an engine family: <c>redis</c>, <c>valkey</c>, <c>garnet</c>.</summary>
    /// <param name="value">The family.</param>
    /// <returns>The word.</returns>
    public static string Of(EngineFamily value) => value switch
    {
        EngineFamily.Redis => "redis",
        EngineFamily.Valkey => "valkey",
        EngineFamily.Garnet => "garnet",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such engine family."),
    };

    /// <summary>The word for what becomes of writes of unknown fate: <c>error</c>, <c>close</c>.</summary>
    /// <param name="value">The choice.</param>
    /// <returns>Its word.</returns>
    public static string Of(UncertainWrites value) => value switch
    {
        UncertainWrites.Error => "error",
        UncertainWrites.Close => "close",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such choice."),
    };

    /// <summary>The word for what happens where all local data is gone: <c>manual</c>, <c>automatic</c>.</summary>
    /// <param name="value">The choice.</param>
    /// <returns>Its word.</returns>
    public static string Of(RestoreMode value) => value switch
    {
        RestoreMode.Manual => "manual",
        RestoreMode.Automatic => "automatic",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such choice."),
    };

    /// <summary>The word for a durability mode: <c>async</c>, <c>quorum</c>.</summary>
    /// <param name="value">The mode.</param>
    /// <returns>The word.</returns>
    public static string Of(DurabilityMode value) => value switch
    {
        DurabilityMode.Async => "async",
        DurabilityMode.Quorum => "quorum",
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "There is no such durability mode."),
    };

    /// <summary>The word for public network access: <c>Enabled</c>, <c>Disabled</c>.</summary>
    /// <param name="allowed">Whether it is allowed.</param>
    /// <returns>The word.</returns>
    public static string OfAccess(bool allowed) => allowed ? "Enabled" : "Disabled";

    /// <summary>The value that a word stands for.</summary>
    /// <typeparam name="T">The enumeration.</typeparam>
    /// <param name="word">A word, as <paramref name="spell"/> writes it.</param>
    /// <param name="spell">One of the <c>Of</c> methods.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentException">No value has this word.</exception>
    public static T Parse<T>(string word, Func<T, string> spell)
        where T : struct, Enum
    {
        ArgumentNullException.ThrowIfNull(spell);
        foreach (var value in Enum.GetValues<T>())
        {
            if (string.Equals(spell(value), word, StringComparison.Ordinal))
            {
                return value;
            }
        }

        throw new ArgumentException($"'{word}' is none of {string.Join(", ", Enum.GetValues<T>().Select(spell))}.", nameof(word));
    }
}
