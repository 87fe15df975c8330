using System.Collections.Immutable;
using System.Globalization;
using Larder.Chaos.Checking;
using Larder.Chaos.Faults;
using Larder.Chaos.Running;

// The long run; options come from the environment, see bench/chaos. Exit codes: 0 all promises kept, 1 some broken, 2 bad options.
var engine = Text("ENGINE", "redis");
var seed = Number("SEED", Environment.ProcessId ^ Environment.TickCount);
var kinds = Text("FAULTS", "") is { Length: > 0 } names
    ? [.. names.Split(',', StringSplitOptions.TrimEntries).Select(name => Enum.Parse<FaultKind>(name, ignoreCase: true))]
    : FaultKinds.Of(engine);
ImmutableArray<PlannedFault> schedule = FaultSchedule.Create(seed, Number("ROUNDS", kinds.Length * 5), kinds);
var durability = Enum.Parse<Durability>(Text("DURABILITY", "async"), ignoreCase: true);
var replicas = Number("REPLICAS", 1);
var program = Text("LARDER", "") is { Length: > 0 } path ? path : RepositoryRoot.Program;
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

Console.Error.WriteLine($"seed {seed}; the schedule:");
foreach (var fault in schedule)
{
    Console.Error.WriteLine($"  {fault}");
}

var report = await ChaosRun.RunAsync(
    new ChaosOptions(program, schedule, seed)
    {
        Engine = engine,
        Version = Text("VERSION", "latest"),
        Durability = durability,
        Replicas = replicas,
        Clients = Number("CLIENTS", 24),
        Pace = TimeSpan.FromMilliseconds(Number("PACE_MS", 20)),
        FillerMegabytes = Number("FILLER_MB", 32),
        MemoryMegabytes = Number("MEMORY_MB", 256),
        LogCopy = Text("LOG", "") is { Length: > 0 } log ? log : null,
        Progress = Console.Error.WriteLine,
    },
    stop.Token);
Console.Error.WriteLine(report);
Console.WriteLine(MarkdownTable.Of(report, engine));
var breaches = Verdict.Breaches(report, durability, replicas);
Console.Error.WriteLine(breaches.IsEmpty ? $"all promises of durability: {durability} kept; seed {seed}" : $"BROKEN, seed {seed}:\n  {string.Join("\n  ", breaches)}");
return breaches.IsEmpty ? 0 : 1;

static string Text(string name, string otherwise) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : otherwise;

static int Number(string name, int otherwise) =>
    Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
