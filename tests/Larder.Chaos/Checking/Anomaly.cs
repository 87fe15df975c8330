namespace Larder.Chaos.Checking;

/// <summary>An anomaly that was found, as an example of its kind.</summary>
/// <param name="Kind">What.</param>
/// <param name="SeenAt">When the observation that shows it had ended; monotonic, since the run began.</param>
/// <param name="Fault">The index of the last fault that had begun by then, or -1 where none had.</param>
/// <param name="Text">What was expected, and what was seen.</param>
public sealed record Anomaly(AnomalyKind Kind, TimeSpan SeenAt, int Fault, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} at {SeenAt.TotalSeconds:F3} s{(Fault < 0 ? "" : $", after fault {Fault + 1}")}: {Text}";
}
