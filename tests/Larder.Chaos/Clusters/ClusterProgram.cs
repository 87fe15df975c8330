using Larder.Chaos.Checking;
using Larder.Chaos.Running;

namespace Larder.Chaos.Clusters;

/// <summary>The long run against a clustered cache; see bench/chaos.</summary>
internal static class ClusterProgram
{
    /// <summary>Runs as the environment says.</summary>
    /// <returns>0 where all promises were kept, 1 where some were broken.</returns>
    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var engine = ProgramOptions.Text("ENGINE", "redis");
        var seed = ProgramOptions.Number("SEED", Environment.ProcessId ^ Environment.TickCount);
        var sequence = ClusterSequence.Create(seed, ProgramOptions.Number("ROUNDS", 44), ProgramOptions.Number("SHARDS", 5));
        var durability = Enum.Parse<Durability>(ProgramOptions.Text("DURABILITY", "async"), ignoreCase: true);
        await Console.Error.WriteLineAsync($"seed {seed}; from {sequence.Shards} shards on:");
        foreach (var step in sequence.Steps)
        {
            await Console.Error.WriteLineAsync($"  {step}");
        }

        var result = await ClusterChaosRun.RunAsync(
            new ClusterChaosOptions(ProgramOptions.Larder, sequence, seed)
            {
                Engine = engine,
                Version = ProgramOptions.Text("VERSION", "latest"),
                Durability = durability,
                Replicas = ProgramOptions.Number("REPLICAS", 1),
                Clients = ProgramOptions.Number("CLIENTS", 24),
                Pace = TimeSpan.FromMilliseconds(ProgramOptions.Number("PACE_MS", 20)),
                FillerMegabytes = ProgramOptions.Number("FILLER_MB", 16),
                MemoryMegabytes = ProgramOptions.Number("MEMORY_MB", 256),
                LogCopy = ProgramOptions.Text("LOG", "") is { Length: > 0 } log ? log : null,
                Progress = Console.Error.WriteLine,
            },
            cancellationToken);
        await Console.Error.WriteLineAsync($"{result.Report}");
        Console.WriteLine(MarkdownTable.Of(result.Report, engine));
        await Console.Error.WriteLineAsync(result.Breaches.IsEmpty
            ? $"all promises of durability: {durability} kept; seed {seed}"
            : $"BROKEN, seed {seed}:\n  {string.Join("\n  ", result.Breaches)}");
        return result.Breaches.IsEmpty ? 0 : 1;
    }
}
