namespace Larder.Store.Sqlite;

/// <summary>
/// Deletes what ended leases leave, on a task of its own: at once when it is woken, and where that is refused, again with back-off until it is
/// done, so that watchers are told as soon as the disk has room.
/// </summary>
internal sealed class LeaseSweeper : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _clock;
    private readonly Func<CancellationToken, Task> _sweep;
    private readonly ChangeSignal _woken = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <summary>Starts one that waits to be woken.</summary>
    /// <param name="clock">Counts the pauses.</param>
    /// <param name="sweep">Deletes what there is to delete; throws <see cref="ControlStoreException"/> where it cannot.</param>
    public LeaseSweeper(TimeProvider clock, Func<CancellationToken, Task> sweep)
    {
        (_clock, _sweep) = (clock, sweep);
        _running = RunAsync(_woken.Next);
    }

    /// <summary>Says that there is something to delete. Returns at once; may be called from any thread.</summary>
    public void Wake() => _woken.Set();

    /// <summary>Stops, after the attempt that is under way.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(Task woken)
    {
        var pause = Timeout.InfiniteTimeSpan;
        while (true)
        {
            await woken.WaitAsync(pause, _clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            // Taken before the attempt, so that a lease which ends during it is not forgotten.
            woken = _woken.Next;
            try
            {
                await _sweep(_stop.Token);
                pause = Timeout.InfiniteTimeSpan;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (ControlStoreException)
            {
                // Nobody waits for this attempt. Whoever commits meanwhile makes one too, and is told why it failed.
                pause = pause == Timeout.InfiniteTimeSpan ? FirstPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
            }
        }
    }
}
