namespace Larder.Gateway.Relay;

/// <summary>What a client can set on its connection and the gateway can set again on another one.</summary>
internal enum ClientSetting : byte
{
    Name,
    LibraryName,
    LibraryVersion,
}
