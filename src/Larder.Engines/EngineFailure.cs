namespace Larder.Engines;

/// <summary>How a call to a node failed.</summary>
public enum EngineFailure
{
    /// <summary>No connection: no process, or no socket yet.</summary>
    Unreachable,

    /// <summary>Connected, and no answer in time: hung or blocked.</summary>
    TimedOut,

    /// <summary>The connection closed before the answer.</summary>
    Disconnected,

    /// <summary>The node answered with an error.</summary>
    Refused,

    /// <summary>The node answered something that is not the protocol.</summary>
    ProtocolViolation,
}
