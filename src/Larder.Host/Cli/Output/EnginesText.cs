using Larder.Management.Contracts;

namespace Larder.Host.Cli.Output;

/// <summary>The engine catalogue for people.</summary>
internal static class EnginesText
{
    /// <summary>Writes it.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="engines">The catalogue.</param>
    public static void Write(CliConsole console, EnginesView engines)
    {
        if (engines.Engines.IsEmpty)
        {
            console.WriteLine("No engine was found. Install redis-server or valkey-server, or put one into the engines folder of the home.");
        }
        else
        {
            var table = new TextTable("engine", "version", "origin", "path");
            foreach (var engine in engines.Engines)
            {
                table.Add(engine.Engine, engine.Version, engine.Origin, engine.Path);
            }

            console.Write(table);
        }

        foreach (var engine in engines.Engines.Where(engine => !engine.Limitations.IsEmpty))
        {
            console.WriteLine();
            console.WriteLine($"{engine.Engine} {engine.Version} lacks, against Redis:");
            foreach (var limitation in engine.Limitations)
            {
                console.WriteLine("  " + limitation);
            }
        }

        if (!engines.Problems.IsEmpty)
        {
            console.WriteLine();
            console.WriteLine("Found, and cannot be used:");
            foreach (var problem in engines.Problems)
            {
                console.WriteLine($"  {problem.Path}: {problem.Problem}");
            }
        }
    }
}
