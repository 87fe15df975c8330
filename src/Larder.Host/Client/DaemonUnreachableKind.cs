namespace Larder.Host.Client;

/// <summary>Why a daemon cannot be asked.</summary>
internal enum DaemonUnreachableKind
{
    /// <summary>Nobody listens on the home's socket: none was started, or it has ended and left the socket's file.</summary>
    NotRunning,

    /// <summary>The socket belongs to another user.</summary>
    NoPermission,

    /// <summary>It accepts connections and does not answer in time.</summary>
    NotAnswering,

    /// <summary>The connection broke off in the middle of an answer: the daemon has ended.</summary>
    BrokenOff,
}
