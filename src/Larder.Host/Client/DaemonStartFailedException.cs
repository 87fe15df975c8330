using System.Collections.Immutable;

namespace Larder.Host.Client;

/// <summary>A daemon that was started did not say whether it is ready.</summary>
/// <param name="message">What happened and where to look.</param>
/// <param name="logLines">The last lines of its log; may be empty.</param>
internal sealed class DaemonStartFailedException(string message, ImmutableArray<string> logLines) : Exception(message)
{
    /// <summary>The last lines of its log; may be empty.</summary>
    public ImmutableArray<string> LogLines { get; } = logLines;
}
