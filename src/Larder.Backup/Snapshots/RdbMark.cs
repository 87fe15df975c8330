namespace Larder.Backup.Snapshots;

/// <summary>The bytes that stand in an RDB file where a value's type could stand as well. Source: rdb.h.</summary>
internal static class RdbMark
{
    /// <summary>A library of functions: its code.</summary>
    public const byte Function = 0xf5;

    /// <summary>Data of a module beside its keys.</summary>
    public const byte ModuleData = 0xf7;

    /// <summary>How many keys a slot has: three numbers. A hint for whoever loads it.</summary>
    public const byte SlotSize = 0xf4;

    /// <summary>How long the next key was idle: a number.</summary>
    public const byte Idle = 0xf8;

    /// <summary>How often the next key is used: a byte.</summary>
    public const byte Frequency = 0xf9;

    /// <summary>A name and a value.</summary>
    public const byte Auxiliary = 0xfa;

    /// <summary>How many keys a database has, and how many of them expire. A hint for whoever loads it.</summary>
    public const byte DatabaseSize = 0xfb;

    /// <summary>When the next key expires: milliseconds.</summary>
    public const byte ExpiresMilliseconds = 0xfc;

    /// <summary>When the next key expires: seconds.</summary>
    public const byte ExpiresSeconds = 0xfd;

    /// <summary>The database of the keys that follow.</summary>
    public const byte Database = 0xfe;

    /// <summary>The end.</summary>
    public const byte End = 0xff;
}
