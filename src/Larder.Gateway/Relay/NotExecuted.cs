namespace Larder.Gateway.Relay;

/// <summary>The errors by which an engine says that it did nothing because it is not, or not yet, the primary that it should be.</summary>
internal static class NotExecuted
{
    /// <summary>Whether an error is one of them.</summary>
    /// <param name="error">Its first bytes, behind the minus sign.</param>
    public static bool IsTold(ReadOnlySpan<byte> error) => !error.IsEmpty && error[0] switch
    {
        (byte)'R' => error.StartsWith("READONLY "u8),
        (byte)'L' => error.StartsWith("LOADING "u8),
        (byte)'M' => error.StartsWith("MASTERDOWN "u8),
        (byte)'C' => error.StartsWith("CLUSTERDOWN "u8),
        (byte)'T' => error.StartsWith("TRYAGAIN "u8),
        _ => false,
    };

    /// <summary>Whether an error of a cluster sends a command to another shard, which is to execute it.</summary>
    /// <param name="error">Its first bytes, behind the minus sign.</param>
    public static bool IsRedirection(ReadOnlySpan<byte> error) => error.StartsWith("MOVED "u8) || error.StartsWith("ASK "u8);
}
