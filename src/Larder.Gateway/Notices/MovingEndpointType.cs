namespace Larder.Gateway.Notices;

/// <summary>
/// How a client wants to be told a new endpoint (<c>moving-endpoint-type</c>). Larder's endpoints do not move, so no notice carries one; what the client
/// asked for is checked all the same, so that it learns of a mistake now.
/// </summary>
internal enum MovingEndpointType : byte
{
    /// <summary>As the server likes.</summary>
    Unspecified,

    InternalIp,

    InternalFqdn,

    ExternalIp,

    ExternalFqdn,

    /// <summary>No endpoint: the client connects again to the one that it has.</summary>
    None,
}
