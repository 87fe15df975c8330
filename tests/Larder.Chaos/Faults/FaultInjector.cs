using Larder.Chaos.Histories;
using Larder.Chaos.Installations;

namespace Larder.Chaos.Faults;

/// <summary>Does one fault after the other to a cache, and waits each time until the cache is whole again.</summary>
/// <param name="installation">The installation.</param>
/// <param name="cache">The cache's name.</param>
/// <param name="recorder">Where the faults are taken down.</param>
/// <param name="clock">The clock of all waits.</param>
public sealed class FaultInjector(ChaosInstallation installation, string cache, HistoryRecorder recorder, TimeProvider clock)
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MomentLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(10);

    // Strokes far below the second after which a probe of the replica gives up.
    private static readonly TimeSpan Stopped = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Running = TimeSpan.FromMilliseconds(50);

    /// <summary>Does one fault, waits until the cache is Ready with every ended node replaced, and takes it down.</summary>
    /// <param name="fault">What to do.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What was taken down; not Ready in time is told there.</returns>
    public async Task<FaultRecord> InjectAsync(PlannedFault fault, CancellationToken cancellationToken)
    {
        var before = await installation.ShowAsync(cache, cancellationToken)
            ?? throw new InvalidOperationException("The daemon does not answer before a fault.");
        var strike = new Strike { MinimumEpoch = fault.Kind.ChangesThePrimary() ? before.Epoch + 1 : before.Epoch };
        await StrikeAsync(fault, before, strike, cancellationToken);
        var (after, ready) = await ReadyAsync(strike, cancellationToken);

        // Counted by who is there afterwards: the daemon ends a hung primary, too.
        var left = after?.Nodes.Select(node => node.Pid).ToHashSet();
        var ended = left is null ? strike.Ended.Count : strike.Ended.Union(before.Nodes.Select(node => node.Pid).Where(pid => !left.Contains(pid))).Count();

        // Garnet's old primary is started anew, empty, after it has handed over; its data is whole at the new one.
        ended = fault.Kind == FaultKind.Handover ? 0 : ended;
        var record = new FaultRecord(fault.Kind, strike.At ?? throw new InvalidOperationException($"{fault.Kind} did nothing."), ready, before.Epoch, after?.Epoch ?? before.Epoch, ended, strike.Note);
        recorder.Add(record);
        return record;
    }

    private async Task StrikeAsync(PlannedFault fault, CacheView before, Strike strike, CancellationToken cancellationToken)
    {
        var primary = before.Primary?.Pid ?? throw new InvalidOperationException($"There is no primary before a fault: {before}");
        var replica = before.Replicas[0].Pid;
        switch (fault.Kind)
        {
            case FaultKind.Handover:
                strike.At = recorder.Now;
                await installation.HandoverAsync(cache, cancellationToken);
                break;
            case FaultKind.KillPrimary:
                Kill(primary, strike);
                break;
            case FaultKind.KillReplica:
                Kill(replica, strike);
                break;
            case FaultKind.HangPrimaryShort or FaultKind.HangPrimaryLong:
                await HangAsync(primary, fault.Length, strike, cancellationToken);
                break;
            case FaultKind.KillDaemon:
                await installation.KillDaemonAsync(() => strike.At = recorder.Now, cancellationToken);
                await installation.UpAgainAsync(cancellationToken);
                break;
            case FaultKind.KillDaemonAndPrimary:
                await installation.KillDaemonAsync(() => Kill(primary, strike), cancellationToken);
                await installation.UpAgainAsync(cancellationToken);
                break;
            case FaultKind.KillPrimaryDuringSync:
                Kill(replica, strike);
                if (!await MomentAsync(() => SyncingAsync(replica, cancellationToken), cancellationToken))
                {
                    strike.Note = "the full sync was over before it was seen";
                }

                Kill(primary, strike);
                break;
            case FaultKind.KillPrimaryDuringSave:
                Kill(replica, strike);
                if (!await MomentAsync(() => Task.FromResult(ProcessControl.HasChildren(primary)), cancellationToken))
                {
                    strike.Note = "the saving child was not seen";
                }

                Kill(primary, strike);
                break;
            case FaultKind.KillNewPrimary:
                Kill(primary, strike);
                CacheNode? next = null;
                if (await MomentAsync(async () => (next = await NewPrimaryAsync(before.Epoch, cancellationToken)) is not null, cancellationToken))
                {
                    Kill(next!.Pid, strike);
                }
                else
                {
                    strike.Note = "no new primary was seen";
                }

                break;
            case FaultKind.SlowReplica:
                await SlowAsync(replica, fault.Length, strike, cancellationToken);
                break;
            default:
                throw new InvalidOperationException($"{fault.Kind} cannot be injected.");
        }
    }

    private void Kill(int pid, Strike strike)
    {
        installation.Signal(pid, ProcessSignal.Kill);
        strike.At ??= recorder.Now;
        strike.Ended.Add(pid);
    }

    private async Task HangAsync(int pid, TimeSpan length, Strike strike, CancellationToken cancellationToken)
    {
        installation.Signal(pid, ProcessSignal.Stop);
        strike.At ??= recorder.Now;
        try
        {
            await Task.Delay(length, clock, cancellationToken);
        }
        finally
        {
            installation.SignalIfAlive(pid, ProcessSignal.Continue);
        }
    }

    private async Task SlowAsync(int pid, TimeSpan length, Strike strike, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (clock.GetElapsedTime(began) < length)
        {
            await HangAsync(pid, Stopped, strike, cancellationToken);
            await Task.Delay(Running, clock, cancellationToken);
        }
    }

    private async Task<bool> SyncingAsync(int oldReplica, CancellationToken cancellationToken)
    {
        var seen = await installation.ShowAsync(cache, cancellationToken);
        return seen is not null && seen.Nodes.Any(node => node is { Role: "replica", State: "Syncing" } && node.Pid != 0 && node.Pid != oldReplica);
    }

    private async Task<CacheNode?> NewPrimaryAsync(long epoch, CancellationToken cancellationToken)
    {
        var seen = await installation.ShowAsync(cache, cancellationToken);
        return seen?.Epoch > epoch && seen.Primary is { Pid: not 0 } primary ? primary : null;
    }

    // A moment that is over in milliseconds tells nobody when it comes: it is looked for.
    private async Task<bool> MomentAsync(Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (!await condition())
        {
            if (clock.GetElapsedTime(began) > MomentLimit)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), clock, cancellationToken);
        }

        return true;
    }

    private async Task<(CacheView? Seen, TimeSpan? At)> ReadyAsync(Strike strike, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            var seen = await installation.ShowAsync(cache, cancellationToken);
            if (seen is { IsReady: true } && seen.Epoch >= strike.MinimumEpoch && !seen.Nodes.Any(node => strike.Ended.Contains(node.Pid)))
            {
                return (seen, recorder.Now);
            }

            if (seen is { SaysReady: true, IsReady: false })
            {
                strike.Note ??= $"was shown as {seen}";
            }

            if (clock.GetElapsedTime(began) > ReadyLimit)
            {
                strike.Note = $"{strike.Note}; last seen: {seen?.ToString() ?? "no answer"}".TrimStart(';', ' ');
                return (seen, null);
            }

            await Task.Delay(Glance, clock, cancellationToken);
        }
    }

    private sealed class Strike
    {
        public HashSet<int> Ended { get; } = [];

        /// <summary>Just after the first blow.</summary>
        public TimeSpan? At { get; set; }

        public required long MinimumEpoch { get; init; }

        public string? Note { get; set; }
    }
}
