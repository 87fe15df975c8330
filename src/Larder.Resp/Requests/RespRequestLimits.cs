namespace Larder.Resp.Requests;

/// <summary>How large a request may be.</summary>
/// <param name="Arguments">The most arguments of a command.</param>
/// <param name="ArgumentBytes">The most bytes of an argument.</param>
/// <param name="IsUnauthenticated">Whether the limits are those of strangers, so that errors say so.</param>
public sealed record RespRequestLimits(int Arguments, int ArgumentBytes, bool IsUnauthenticated)
{
    /// <summary>The most bytes of an inline command, for everybody.</summary>
    public const int InlineBytes = 64 * 1024;

    /// <summary>What Redis grants to connections that have not authenticated.</summary>
    public static RespRequestLimits Stranger { get; } = new(10, 16_384, IsUnauthenticated: true);

    /// <summary>What Redis 7 and Valkey grant to everybody else.</summary>
    public static RespRequestLimits Guest { get; } = new(int.MaxValue, 512 * 1024 * 1024, IsUnauthenticated: false);
}
