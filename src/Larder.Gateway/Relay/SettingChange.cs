namespace Larder.Gateway.Relay;

/// <summary>A change of something that the client set on its connection.</summary>
/// <param name="Setting">What.</param>
/// <param name="Value">The new value.</param>
internal sealed record SettingChange(ClientSetting Setting, byte[] Value);
