namespace Larder.Management.Contracts;

/// <summary>One line of a shutdown's progress.</summary>
/// <param name="Phase">One sentence on what is being stopped.</param>
/// <param name="Percent">0..100.</param>
/// <param name="Done">Whether everything but the daemon itself has stopped; it ends right after this line.</param>
/// <param name="Error">What could not be stopped in order, or <c>null</c>.</param>
public sealed record ShutdownProgress(string Phase, int Percent, bool Done, string? Error);
