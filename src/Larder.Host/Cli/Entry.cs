using System.Runtime.InteropServices;
using Larder.Host.Cli.Output;

namespace Larder.Host.Cli;

/// <summary>The process's entry: its streams, its clock, its signals.</summary>
internal static class Entry
{
    /// <summary>Runs the process's command line.</summary>
    /// <param name="args">The words after the program's name.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--version"])
        {
            Console.Out.WriteLine(CommandLine.Version);
            return ExitCodes.Done;
        }

        using var ending = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        return await CommandLine.RunAsync(
            args, ProductServices.Create(TimeProvider.System), CliConsole.System(Environment.GetEnvironmentVariable), Environment.GetEnvironmentVariable, TimeProvider.System,
            ending.Token);

        void End(PosixSignalContext signal)
        {
            // The first one asks; a second one is not held back, and ends the process at once.
            signal.Cancel = !ending.IsCancellationRequested;
            ending.Cancel();
        }
    }
}
