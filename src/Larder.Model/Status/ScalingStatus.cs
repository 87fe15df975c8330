namespace Larder.Model.Status;

/// <summary>A change of the number of shards that is under way.</summary>
/// <param name="From">How many there were.</param>
/// <param name="To">How many there will be.</param>
/// <param name="Percent">How far it is: 0 to 99.</param>
/// <param name="Paused">Whether it waits until it is told to go on.</param>
/// <param name="Undone">Whether it cannot be completed, and everything goes back.</param>
public sealed record ScalingStatus(int From, int To, int Percent, bool Paused, bool Undone);
