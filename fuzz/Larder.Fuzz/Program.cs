using System.Globalization;
using Larder.Compat.Engines;
using Larder.Fuzz;

// Larder.Fuzz parser COUNT [SEED]              the scanners alone
// Larder.Fuzz sessions COUNT [SEED] [ENGINE] [AT-ONCE]   a gateway before an engine ("redis 7.0"), 16 sessions at a time
try
{
    var started = TimeProvider.System.GetTimestamp();
    switch (args)
    {
        case ["parser", var count, .. var rest]:
            var inputs = long.Parse(count, CultureInfo.InvariantCulture);
            var seed = rest is [var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : 1;
            var threads = Environment.ProcessorCount;
            var before = GC.GetTotalMemory(forceFullCollection: true);
            await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
                ParserFuzz.Run(unchecked((seed * 1000) + thread), (inputs / threads) + (thread < inputs % threads ? 1 : 0)))));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{inputs} inputs of seed {seed} in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s, {(GC.GetTotalMemory(forceFullCollection: true) - before) / 1024} KB kept: nothing found"));
            return 0;
        case ["sessions", var count, .. var rest]:
            var name = rest.Length > 1 ? rest[1] : InstalledEngines.All[0];
            var installation = await InstalledEngines.FindAsync(name) ?? throw new ArgumentException($"{name} is not on this machine.");
            var fuzz = new SessionFuzz(installation, rest.Length > 0 ? int.Parse(rest[0], CultureInfo.InvariantCulture) : 1);
            await fuzz.RunAsync(int.Parse(count, CultureInfo.InvariantCulture), rest.Length > 2 ? int.Parse(rest[2], CultureInfo.InvariantCulture) : 16);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{count} sessions with {fuzz.Inputs} inputs in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s, {fuzz.Received >> 10} KB received: nothing found"));
            return 0;
        default:
            await Console.Error.WriteLineAsync("usage: Larder.Fuzz parser COUNT [SEED] | sessions COUNT [SEED] [ENGINE] [AT-ONCE]");
            return 2;
    }
}
catch (FuzzException found)
{
    await Console.Error.WriteLineAsync(found.Message);
    return 1;
}
