namespace Larder.Management.Contracts;

/// <summary>How a change of the number of shards goes on.</summary>
/// <param name="Paused">Whether it pauses: the slots that are on their way arrive, and no others leave.</param>
public sealed record ScalingRequest(bool Paused);
