namespace Larder.Gateway.Notices;

/// <summary>The types of notice on the <see cref="AzureEvents.Channel"/>; the names go over the wire.</summary>
internal enum AzureEventType : byte
{
    /// <summary>Maintenance is planned for later. Larder schedules none yet, so nobody sends it.</summary>
    NodeMaintenanceScheduled,

    /// <summary>A change of the primary is about to begin; tells when.</summary>
    NodeMaintenanceStarting,

    /// <summary>It begins now.</summary>
    NodeMaintenanceStart,

    /// <summary>A replica has become the primary.</summary>
    NodeMaintenanceFailoverComplete,

    /// <summary>It is over, whether the primary has changed or not; tells when.</summary>
    NodeMaintenanceEnded,
}
