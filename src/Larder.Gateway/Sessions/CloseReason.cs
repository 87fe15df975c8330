namespace Larder.Gateway.Sessions;

/// <summary>Why a session ended.</summary>
internal enum CloseReason : byte
{
    /// <summary>It has not ended.</summary>
    None,

    ClientClosed,
    ClientBroke,
    ClientQuit,
    ProtocolError,
    HostileRequest,
    EngineClosed,
    EngineRefused,
    NewPrimary,
    NoPrimary,
    KeyRegenerated,
    RouteRemoved,
    Idle,
    TooManyClients,
    CacheUnknown,
    UnexpectedReply,
    OutputLimit,
    GatewayStopped,

    /// <summary>The firewall does not admit its address.</summary>
    Firewall,

    /// <summary>Another client has killed it.</summary>
    Killed,

    /// <summary>It had selected a database that the cache, which has become a cluster, has not.</summary>
    NoDatabase,

    /// <summary>Its address has failed to authenticate too often.</summary>
    Throttled,
}
