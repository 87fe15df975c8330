namespace Larder.Model.Routing;

/// <summary>
/// Until when a leader view may be used: one cell, moved forward by its publisher, read by the gateway before each batch.
/// Lock-free; shared by all route tables of one leader epoch so that a renewal needs no new table.
/// </summary>
/// <param name="timestamp">The first deadline, as <see cref="TimeProvider.GetTimestamp"/> counts.</param>
public sealed class ViewDeadline(long timestamp)
{
    private long _timestamp = timestamp;

    /// <summary>The deadline, as <see cref="TimeProvider.GetTimestamp"/> counts.</summary>
    public long Timestamp => Volatile.Read(ref _timestamp);

    /// <summary>Whether the view is still fresh at <paramref name="now"/>.</summary>
    /// <param name="now">A timestamp of the same clock.</param>
    public bool IsFresh(long now) => now < Timestamp;

    /// <summary>Moves the deadline; a smaller value withdraws the view.</summary>
    /// <param name="timestamp">The new deadline.</param>
    public void Set(long timestamp) => Volatile.Write(ref _timestamp, timestamp);
}
