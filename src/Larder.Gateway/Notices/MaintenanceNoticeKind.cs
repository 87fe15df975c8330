namespace Larder.Gateway.Notices;

/// <summary>The maintenance notices of RESP3 (<c>CLIENT MAINT_NOTIFICATIONS</c>).</summary>
internal enum MaintenanceNoticeKind : byte
{
    /// <summary>The primary is about to change: commands take longer for a moment.</summary>
    FailingOver,

    /// <summary>That is over, whether the primary has changed or not: what clients relaxed, they take back.</summary>
    FailedOver,
}
