namespace Larder.Chaos.Faults;

/// <summary>A fault that is to come.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Calm">How long to let the clients work undisturbed before.</param>
/// <param name="Length">How long a hang or a slow replica lasts; zero for other kinds.</param>
public sealed record PlannedFault(FaultKind Kind, TimeSpan Calm, TimeSpan Length)
{
    /// <inheritdoc/>
    public override string ToString() => $"after {Calm.TotalMilliseconds:F0} ms {Kind}{(Length > TimeSpan.Zero ? $" for {Length.TotalMilliseconds:F0} ms" : "")}";
}
