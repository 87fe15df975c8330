using System.Collections.Immutable;
using Larder.Chaos;
using Larder.Chaos.Checking;
using Larder.Chaos.Clusters;
using Larder.Chaos.Counting;
using Larder.Chaos.Faults;
using Larder.Chaos.Running;

// The long run; options come from the environment, see bench/chaos, and for `count` bench/cluster. Exit codes: 0 all promises kept, 1 some broken, 2 bad options.
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
if (args is ["count"])
{
    return await CountingProgram.RunAsync(stop.Token);
}

if (Environment.GetEnvironmentVariable("CLUSTER") is { Length: > 0 } and not "0")
{
    return await ClusterProgram.RunAsync(stop.Token);
}

var engine = ProgramOptions.Text("ENGINE", "redis");
var seed = ProgramOptions.Number("SEED", Environment.ProcessId ^ Environment.TickCount);
var kinds = ProgramOptions.Text("FAULTS", "") is { Length: > 0 } names
    ? [.. names.Split(',', StringSplitOptions.TrimEntries).Select(name => Enum.Parse<FaultKind>(name, ignoreCase: true))]
    : FaultKinds.Of(engine);
ImmutableArray<PlannedFault> schedule = FaultSchedule.Create(seed, ProgramOptions.Number("ROUNDS", kinds.Length * 5), kinds);
var durability = Enum.Parse<Durability>(ProgramOptions.Text("DURABILITY", "async"), ignoreCase: true);
var replicas = ProgramOptions.Number("REPLICAS", 1);
var program = ProgramOptions.Larder;

Console.Error.WriteLine($"seed {seed}; the schedule:");
foreach (var fault in schedule)
{
    Console.Error.WriteLine($"  {fault}");
}

var report = await ChaosRun.RunAsync(
    new ChaosOptions(program, schedule, seed)
    {
        Engine = engine,
        Version = ProgramOptions.Text("VERSION", "latest"),
        Durability = durability,
        Replicas = replicas,
        Clients = ProgramOptions.Number("CLIENTS", 24),
        Pace = TimeSpan.FromMilliseconds(ProgramOptions.Number("PACE_MS", 20)),
        FillerMegabytes = ProgramOptions.Number("FILLER_MB", 32),
        MemoryMegabytes = ProgramOptions.Number("MEMORY_MB", 256),
        LogCopy = ProgramOptions.Text("LOG", "") is { Length: > 0 } log ? log : null,
        Progress = Console.Error.WriteLine,
    },
    stop.Token);
Console.Error.WriteLine(report);
Console.WriteLine(MarkdownTable.Of(report, engine));
var breaches = Verdict.Breaches(report, durability, replicas);
Console.Error.WriteLine(breaches.IsEmpty ? $"all promises of durability: {durability} kept; seed {seed}" : $"BROKEN, seed {seed}:\n  {string.Join("\n  ", breaches)}");
return breaches.IsEmpty ? 0 : 1;
