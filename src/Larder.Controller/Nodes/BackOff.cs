namespace Larder.Controller.Nodes;

/// <summary>
/// When a node that ended may be started again: at once after a long healthy run, then after pauses that double up to a limit, each
/// shortened by a random part so that nodes do not start in step.
/// </summary>
/// <param name="options">First and longest pause, and what counts as a healthy run.</param>
/// <param name="clock">The clock.</param>
/// <param name="random">Spreads the pauses.</param>
internal sealed class BackOff(AgentOptions options, TimeProvider clock, Random random)
{
    private long _startedAt;
    private long _endedAt;
    private TimeSpan _pause;

    /// <summary>Starts since the last healthy run; 0 while the first one lasts.</summary>
    public int Failures { get; private set; }

    /// <summary>How long to wait from now on; zero where a start is due.</summary>
    public TimeSpan Remaining
    {
        get
        {
            var left = _pause - clock.GetElapsedTime(_endedAt);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Notes a start.</summary>
    public void Started() => _startedAt = clock.GetTimestamp();

    /// <summary>Notes the end of a run, and sets the pause before the next one.</summary>
    public void Ended()
    {
        _endedAt = clock.GetTimestamp();
        if (clock.GetElapsedTime(_startedAt, _endedAt) >= options.HealthyAfter)
        {
            Failures = 1;
            _pause = TimeSpan.Zero;
            return;
        }

        var doubled = options.RestartBackOff * Math.Pow(2, Math.Min(Failures, 20));
        var bounded = doubled < options.LongestBackOff ? doubled : options.LongestBackOff;
        _pause = bounded * (0.75 + (0.25 * random.NextDouble()));
        Failures++;
    }

    /// <summary>Notes that the run has lasted long enough to count as healthy.</summary>
    public void Settled()
    {
        if (Failures > 0 && clock.GetElapsedTime(_startedAt) >= options.HealthyAfter)
        {
            Failures = 0;
        }
    }
}
