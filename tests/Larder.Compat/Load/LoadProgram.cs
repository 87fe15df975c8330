namespace Larder.Compat.Load;

/// <summary>Loads that bench/gateway-limits puts on a server: what redis-benchmark cannot do.</summary>
internal static class LoadProgram
{
    /// <param name="what">Which load.</param>
    /// <param name="options"><c>port</c> and <c>key</c>: the server; <c>pid</c>: whose memory is looked at; the rest as each load says. Prints one line.</param>
    public static Task<int> RunAsync(string what, Arguments options) => what switch
    {
        "open-loop" => OpenLoop.RunAsync(options),
        "idle" => Crowd.RunAsync(options, atOnce: 64),
        "crowd" => Crowd.RunAsync(options, atOnce: int.MaxValue),
        "reply" => LargeValues.ReadAsync(options),
        "value" => LargeValues.WriteAsync(options),
        "slow" => SlowReaders.RunAsync(options),
        _ => throw new ArgumentException($"'{what}' is no load."),
    };
}
