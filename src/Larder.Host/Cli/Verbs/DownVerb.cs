using System.CommandLine;
using Larder.Host.Cli.Output;
using Larder.Host.Client;
using Larder.Management.Contracts;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder down</c>.</summary>
/// <param name="globals">The options that every verb takes.</param>
internal sealed class DownVerb(GlobalOptions globals) : Verb("down", "Stop gateway, engines and daemon in order; all data is kept", globals)
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples => [("down", "'larder up' brings everything back")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var daemon = await client.TryDescribeAsync(cancellationToken);
        if (daemon is null && LeftoverEngines.Find(context.Home).Count > 0)
        {
            // Their daemon was killed. Only a daemon stops engines in order, so that their data is saved.
            context.Services.PrepareHome(context.Home);
            daemon = await new DaemonGate(context.Home, client, context.Services.DaemonStarter(context.Home), context.Clock).EnsureAsync(
                () => context.Console.Say("Engines run on without their daemon; starting it to stop them in order."), cancellationToken);
        }

        if (daemon is null)
        {
            context.Write(new StoppedView(false), ClientJson.Human.StoppedView, () => context.Console.WriteLine($"Nothing to stop: nothing runs for {context.Home.Root}."));
            return ExitCodes.Done;
        }

        await StopAsync(context, client, daemon, cancellationToken);
        context.Write(new StoppedView(true), ClientJson.Human.StoppedView, () => context.Console.WriteLine("Stopped; all data is kept."));
        return ExitCodes.Done;
    }

    private static async Task StopAsync(CliContext context, ManagementClient client, InstallationView daemon, CancellationToken cancellationToken)
    {
        // Opened before it is told to stop, so that its end cannot be missed.
        using var process = DaemonProcess.TryOpen(daemon.ProcessId);
        var last = await new ProgressLine(context.Console, "stopping").RunAsync(async step =>
        {
            ShutdownProgress? last = null;
            await foreach (var line in client.ShutdownAsync(cancellationToken))
            {
                last = line;
                step(line.Phase, line.Percent);
            }

            return last!;
        });
        if (process is not null && !await process.WaitForEndAsync(EndTimeout))
        {
            throw CliException.Failed(
                "daemon_does_not_end",
                $"Everything is stopped but the daemon (process {daemon.ProcessId}) itself, {EndTimeout.TotalSeconds:0} s after it said so. See {context.Home.DaemonLog}, then end it.");
        }

        if (last.Error is { } error)
        {
            throw CliException.Failed("not_stopped_in_order", $"The daemon has ended, but not everything was stopped in order: {error}");
        }
    }
}
