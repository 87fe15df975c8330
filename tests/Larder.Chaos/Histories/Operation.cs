namespace Larder.Chaos.Histories;

/// <summary>One thing that a client asks for, once: nothing is ever sent again.</summary>
/// <param name="Kind">What.</param>
/// <param name="Key">The set, list, register or counter.</param>
/// <param name="Value">What is added, appended or written; from 1 on; 0 where the kind has no value.</param>
/// <param name="Counter">The counter of <see cref="OperationKind.AppendAndCount"/>; else <c>null</c>.</param>
public sealed record Operation(OperationKind Kind, string Key, long Value = 0, string? Counter = null)
{
    /// <summary>Whether it changes data.</summary>
    public bool IsWrite => Kind != OperationKind.Read;

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        OperationKind.Add => $"SADD {Key} {Value}",
        OperationKind.Append => $"RPUSH {Key} {Value}",
        OperationKind.AppendAndCount => $"MULTI, RPUSH {Key} {Value}, INCR {Counter}, EXEC",
        OperationKind.Write => $"SET {Key} {Value}",
        OperationKind.Read => $"GET {Key}",
        OperationKind.Increment => $"INCR {Key}",
        _ => throw new InvalidOperationException($"{Kind} has no command."),
    };
}
