using System.Collections.Immutable;

namespace Larder.Chaos.Clients;

/// <summary>A reply of RESP2.</summary>
public abstract record RespValue
{
    /// <summary><c>+OK</c>.</summary>
    public sealed record Simple(string Text) : RespValue;

    /// <summary><c>-ERR …</c>, without the minus.</summary>
    public sealed record Failure(string Text) : RespValue;

    /// <summary><c>:1</c>.</summary>
    public sealed record Number(long Value) : RespValue;

    /// <summary>A bulk string; <c>null</c> for the null reply, of either type.</summary>
    public sealed record Bulk(string? Text) : RespValue;

    /// <summary>An array.</summary>
    public sealed record List(ImmutableArray<RespValue> Items) : RespValue;
}
