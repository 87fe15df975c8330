using Larder.Host.Client;
using Larder.Management.Contracts;
using Larder.Model.Installation;

namespace Larder.Host.Cli;

/// <summary>Sees to it that exactly one daemon runs for a home, whoever else tries the same at the same time.</summary>
/// <param name="home">The installation; its folders exist.</param>
/// <param name="client">Asks its daemon.</param>
/// <param name="starter">Starts one.</param>
/// <param name="clock">The clock.</param>
internal sealed class DaemonGate(LarderHome home, ManagementClient client, IDaemonStarter starter, TimeProvider clock)
{
    private static readonly TimeSpan LockInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LockTimeout = DaemonStarter.DefaultTimeout + TimeSpan.FromSeconds(5);

    /// <summary>Returns the daemon that runs, or starts one and waits until it answers.</summary>
    /// <param name="onStart">Called before one is started.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The daemon that answers.</returns>
    /// <exception cref="CliException">It cannot start; says why, with the daemon's own exit code.</exception>
    /// <exception cref="DaemonUnreachableException">One runs, and does not answer.</exception>
    public async Task<InstallationView> EnsureAsync(Action onStart, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(LockTimeout, clock, cancellationToken);
        using var ticks = new PeriodicTimer(LockInterval, clock);
        while (true)
        {
            if (await client.TryDescribeAsync(cancellationToken) is { } running)
            {
                return running;
            }

            using (var mine = StartLock.TryTake(home))
            {
                if (mine is not null)
                {
                    // Whoever had the lock before us may have started one in between.
                    return await client.TryDescribeAsync(cancellationToken) ?? await StartAsync(onStart, cancellationToken);
                }
            }

            // Another call is starting the daemon; a file lock can only be asked again.
            try
            {
                await ticks.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException) when (deadline.HasPassed)
            {
                throw CliException.Failed(
                    "start_blocked",
                    $"Another larder call has been starting the daemon of {home.Root} for {LockTimeout.TotalSeconds:0} s. See {home.DaemonLog}, then try again.");
            }
        }
    }

    private async Task<InstallationView> StartAsync(Action onStart, CancellationToken cancellationToken)
    {
        onStart();
        DaemonHandshake handshake;
        try
        {
            handshake = await starter.StartAsync(cancellationToken);
        }
        catch (DaemonStartFailedException exception)
        {
            throw CliException.Failed("daemon_not_ready", exception.Message, exception.LogLines);
        }

        return handshake.Ready
            ? await client.DescribeAsync(cancellationToken)
            : throw new CliException(handshake.ExitCode!.Value, handshake.Error!);
    }
}
