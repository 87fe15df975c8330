namespace Larder.Host.Client;

/// <summary>What <c>larder down --output json</c> says.</summary>
/// <param name="Stopped">Whether there was something to stop.</param>
internal sealed record StoppedView(bool Stopped);
