using System.Globalization;

namespace Larder.Chaos.Counting;

/// <summary>The long counting run; see bench/cluster.</summary>
internal static class CountingProgram
{
    /// <summary>Runs as the environment says.</summary>
    /// <returns>0 where every key was there, once and as it was written; else 1.</returns>
    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var options = new CountingOptions(
            ProgramOptions.Larder,
            ProgramOptions.Number("KEYS", 1_000_000),
            [.. ProgramOptions.Text("SHARDS", "1 3 10 2 1").Split(' ').Select(count => int.Parse(count, CultureInfo.InvariantCulture))])
        {
            Engine = ProgramOptions.Text("ENGINE", "redis"),
            Version = ProgramOptions.Text("VERSION", "latest"),
            Replicas = ProgramOptions.Number("REPLICAS", 1),
            Clients = ProgramOptions.Number("CLIENTS", 8),
            MemoryMegabytes = ProgramOptions.Number("MEMORY_MB", 2048),
            LogCopy = ProgramOptions.Text("LOG", "") is { Length: > 0 } log ? log : null,
            Progress = Console.Error.WriteLine,
        };
        Console.WriteLine($"{options.Keys} keys of six types, two of three with a time of expiry, {options.Clients} clients in a closed loop, {options.Engine}, {options.Replicas} replicas of each shard\n");
        Console.WriteLine(CountingResult.Head);
        var problems = await CountingRun.RunAsync(options, result => Console.WriteLine(result.Row), cancellationToken);
        Console.WriteLine(problems.IsEmpty ? "\nEvery key was there after each change, once, with its type, value and time of expiry." : $"\nWRONG:\n  {string.Join("\n  ", problems)}");
        return problems.IsEmpty ? 0 : 1;
    }
}
