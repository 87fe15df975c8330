namespace Larder.Integration.Tests;

/// <summary>The system's clock, whose hands can be put forward. Timers and timestamps stay as they are: nothing that runs notices but the date.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _ticks;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ticks));
}
