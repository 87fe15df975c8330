using System.Text;
using Larder.Gateway.Commands;
using Larder.Gateway.Relay;

namespace Larder.Gateway.Lanes;

/// <summary>What a client says of itself (<c>CLIENT SETNAME</c>, <c>CLIENT SETINFO</c>), where the gateway can take it down without asking an engine.</summary>
internal static class ClientNames
{
    /// <summary>Reads the command.</summary>
    /// <param name="command">A CLIENT command that is there whole.</param>
    /// <param name="effects">What the engine knows.</param>
    /// <returns>What is to be set; <c>null</c> where it is another subcommand, or one that the engine may refuse.</returns>
    public static SettingChange? TryRead(in CommandView command, CommandEffects effects)
    {
        if (command.Count == 3 && Ascii.EqualsIgnoreCase(command.Subcommand, "SETNAME"u8) && command.TryGet(2, out var name))
        {
            return Take(ClientSetting.Name, name);
        }

        if (command.Count != 4 || !effects.KnowsLibraryInfo || !Ascii.EqualsIgnoreCase(command.Subcommand, "SETINFO"u8)
            || !command.TryGet(2, out var attribute) || !command.TryGet(3, out var value))
        {
            return null;
        }

        return Ascii.EqualsIgnoreCase(attribute, "LIB-NAME"u8) ? Take(ClientSetting.LibraryName, value)
            : Ascii.EqualsIgnoreCase(attribute, "LIB-VER"u8) ? Take(ClientSetting.LibraryVersion, value)
            : null;
    }

    private static SettingChange? Take(ClientSetting setting, ReadOnlySpan<byte> value) =>
        value.Length <= SessionSettings.MaxValueBytes && !value.ContainsAnyExceptInRange((byte)'!', (byte)'~')
            ? new SettingChange(setting, value.ToArray())
            : null;
}
