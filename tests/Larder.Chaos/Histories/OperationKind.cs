namespace Larder.Chaos.Histories;

/// <summary>What a client asked for.</summary>
public enum OperationKind
{
    /// <summary><c>SADD key value</c>; each value is added once in a run.</summary>
    Add,

    /// <summary><c>RPUSH key value</c>; each value is appended once in a run.</summary>
    Append,

    /// <summary><c>MULTI, RPUSH key value, INCR counter, EXEC</c>; the counter belongs to one client.</summary>
    AppendAndCount,

    /// <summary><c>SET key value</c>; one client writes a key, each value greater than the one before.</summary>
    Write,

    /// <summary><c>GET key</c> of a key that is written.</summary>
    Read,

    /// <summary><c>INCR key</c>; one client increments a key.</summary>
    Increment,
}
