namespace Larder.Engines;

/// <summary>A node could not do what was asked.</summary>
/// <param name="kind">What happened.</param>
/// <param name="message">What happened, to which node, and what it said.</param>
/// <param name="innerException">The cause, or <c>null</c>.</param>
public sealed class EngineException(EngineFailure kind, string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>What happened.</summary>
    public EngineFailure Kind { get; } = kind;
}
