namespace Larder.Gateway.Relay;

/// <summary>What a client can set on its connection and the gateway can set again on another one.</summary>
internal enum ClientSetting : byte
{
    Name,
    LibraryName,
    LibraryVersion,

    /// <summary>Whether a replica of a clustered cache may be read from (READONLY): a value of one byte; an empty one where not.</summary>
    ReadOnly,
}
