using Larder.Compat.Engines;

namespace Larder.Compat.Differential;

/// <summary>The long run of the comparison.</summary>
internal static class DifferentialProgram
{
    /// <param name="options"><c>engine</c> (all that are installed), <c>seed</c>, <c>cases</c> of each command (40), <c>sessions</c> (200) of some <c>steps</c> (60).</param>
    public static async Task<int> RunAsync(Arguments options)
    {
        var seed = options.Number("seed", 1);
        var failed = false;
        Console.WriteLine("| engine | commands | cases | different | steps of interleavings | different |\n|---|---|---|---|---|---|");
        foreach (var name in options.Find("engine") is { } one ? [one] : InstalledEngines.All)
        {
            if (await InstalledEngines.FindAsync(name) is not { } installation)
            {
                Console.WriteLine($"| {name} | not installed | | | | |");
                failed = true;
                continue;
            }

            await using var engines = await EnginePair.StartAsync(installation);
            var table = new CommandTableRun(engines, seed);
            var cases = options.Number("cases", 40);
            var ofTable = cases > 0 ? await table.RunAsync(cases) : [];
            var interleaving = new InterleavingRun(engines, seed);
            var ofInterleaving = await interleaving.RunAsync(options.Number("sessions", 200), options.Number("steps", 60));
            Console.WriteLine($"| {name} | {table.Commands} | {table.Cases} | {ofTable.Count} | {interleaving.Steps} | {ofInterleaving.Count} |");
            foreach (var difference in ofTable.Concat(ofInterleaving))
            {
                await Console.Error.WriteLineAsync($"{name}, {difference}");
            }

            failed |= ofTable.Count + ofInterleaving.Count > 0;
        }

        return failed ? 1 : 0;
    }
}
