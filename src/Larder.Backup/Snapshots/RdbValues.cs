namespace Larder.Backup.Snapshots;

/// <summary>
/// The forms of values in RDB files, as far as it takes to know where a value ends. Source: what rdb.c of Redis 2.6 to 8.0 and of Valkey 7.2 to 8.1 writes.
/// </summary>
internal static class RdbValues
{
    private const int StreamIdBytes = 16;

    /// <summary>Goes over a value.</summary>
    /// <param name="type">Its type byte.</param>
    /// <param name="reader">Stands right behind the key.</param>
    /// <exception cref="SnapshotException">It is of a form that this program does not know, or damaged.</exception>
    public static void Skip(byte type, RdbReader reader)
    {
        switch (type)
        {
            case 0: // string
            case 9 or 10 or 11 or 12 or 13 or 16 or 17 or 20: // zip map, zip lists, integer set, list packs: one string each
                reader.SkipString();
                break;
            case 1 or 2 or 14: // list, set, quick list: a string for each element
                Repeat(reader, static reader => reader.SkipString());
                break;
            case 3: // sorted set with scores as texts
                Repeat(reader, static reader =>
                {
                    reader.SkipString();
                    if (reader.ReadByte() is var length and < 253)
                    {
                        reader.Skip(length);
                    }
                });
                break;
            case 4: // hash
                Repeat(reader, static reader =>
                {
                    reader.SkipString();
                    reader.SkipString();
                });
                break;
            case 5: // sorted set with binary scores
                Repeat(reader, static reader =>
                {
                    reader.SkipString();
                    reader.Skip(sizeof(double));
                });
                break;
            case 7:
                SkipModule(reader);
                break;
            case 15 or 19 or 21:
                SkipStream(reader, revision: type == 15 ? 1 : type == 19 ? 2 : 3);
                break;
            case 18: // quick list, its nodes plain or packed
                Repeat(reader, static reader =>
                {
                    reader.ReadLength();
                    reader.SkipString();
                });
                break;
            case 24: // hash whose fields may expire
                reader.Skip(sizeof(long));
                Repeat(reader, static reader =>
                {
                    reader.ReadLength();
                    reader.SkipString();
                    reader.SkipString();
                });
                break;
            case 25: // the same as a list pack
                reader.Skip(sizeof(long));
                reader.SkipString();
                break;
            default:
                throw reader.Problem($"a value has the form {type}, which this version does not know, so that its keys cannot be told apart");
        }
    }

    /// <summary>A module's value says of each of its parts what it is.</summary>
    private static void SkipModule(RdbReader reader)
    {
        reader.ReadLength(); // the module and its version
        while (true)
        {
            switch (reader.ReadLength())
            {
                case 0:
                    return;
                case 1 or 2: // integers
                    reader.ReadLength();
                    break;
                case 3:
                    reader.Skip(sizeof(float));
                    break;
                case 4:
                    reader.Skip(sizeof(double));
                    break;
                case 5:
                    reader.SkipString();
                    break;
                case var part:
                    throw reader.Problem($"a part of a module's value has the unknown form {part}");
            }
        }
    }

    private static void SkipStream(RdbReader reader, int revision)
    {
        Repeat(reader, static reader =>
        {
            reader.SkipString(); // the first id of a list pack
            reader.SkipString();
        });
        Lengths(reader, 3); // entries, last id
        if (revision >= 2)
        {
            Lengths(reader, 5); // first id, greatest deleted id, entries ever added
        }

        Repeat(reader, reader =>
        {
            reader.SkipString(); // a group
            Lengths(reader, revision >= 2 ? 3 : 2); // last delivered id, entries read
            Repeat(reader, static reader =>
            {
                reader.Skip(StreamIdBytes + sizeof(long)); // delivered when
                reader.ReadLength(); // how often
            });
            Repeat(reader, reader =>
            {
                reader.SkipString(); // a consumer
                reader.Skip(revision >= 3 ? 2UL * sizeof(long) : sizeof(long)); // seen, active
                Repeat(reader, static reader => reader.Skip(StreamIdBytes));
            });
        });
    }

    private static void Lengths(RdbReader reader, int count)
    {
        for (var index = 0; index < count; index++)
        {
            reader.ReadLength();
        }
    }

    private static void Repeat(RdbReader reader, Action<RdbReader> one)
    {
        for (var left = reader.ReadLength(); left > 0; left--)
        {
            one(reader);
        }
    }
}
