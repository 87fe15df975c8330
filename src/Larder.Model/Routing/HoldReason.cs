namespace Larder.Model.Routing;

/// <summary>Why commands are held: clients are told of what concerns them.</summary>
public enum HoldReason
{
    /// <summary>The primary is to change. Clients that asked for it are told, before and after.</summary>
    Handover,

    /// <summary>A replica is attached whose engine cannot take part while commands run. The primary stays: nobody is told.</summary>
    ReplicaAttached,
}
