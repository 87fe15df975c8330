namespace Larder.Host.Client;

/// <summary>There is no daemon to ask, or it cannot be asked.</summary>
/// <param name="kind">Why.</param>
/// <param name="message">What happened and what to do next.</param>
/// <param name="cause">The failure beneath, or <c>null</c>.</param>
internal sealed class DaemonUnreachableException(DaemonUnreachableKind kind, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Why.</summary>
    public DaemonUnreachableKind Kind { get; } = kind;

    /// <summary>The stable word for <see cref="Kind"/> in JSON errors.</summary>
    public string Code => Kind switch
    {
        DaemonUnreachableKind.NotRunning => "no_daemon",
        DaemonUnreachableKind.NoPermission => "no_permission",
        DaemonUnreachableKind.NotAnswering => "daemon_not_answering",
        _ => "daemon_gone",
    };
}
