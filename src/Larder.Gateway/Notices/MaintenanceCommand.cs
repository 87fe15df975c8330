using System.Text;
using Larder.Gateway.Commands;
using Larder.Gateway.Relay;

namespace Larder.Gateway.Notices;

/// <summary>
/// <c>CLIENT MAINT_NOTIFICATIONS ON [moving-endpoint-type TYPE] | OFF</c>, which no open engine knows: the gateway answers it. Whether it is accepted
/// depends on the protocol at its turn among the replies, since a HELLO may be under way before it.
/// </summary>
/// <param name="wanted">What the client asked for; <c>null</c> for OFF.</param>
internal sealed class MaintenanceCommand(MovingEndpointType? wanted)
{
    private static readonly (string Name, MovingEndpointType Type)[] Types =
    [
        ("internal-ip", MovingEndpointType.InternalIp),
        ("internal-fqdn", MovingEndpointType.InternalFqdn),
        ("external-ip", MovingEndpointType.ExternalIp),
        ("external-fqdn", MovingEndpointType.ExternalFqdn),
        ("none", MovingEndpointType.None),
    ];

    private static ReadOnlySpan<byte> Usage => "-ERR syntax error: expected CLIENT MAINT_NOTIFICATIONS ON [moving-endpoint-type TYPE] or OFF\r\n"u8;

    private static ReadOnlySpan<byte> WrongType =>
        "-ERR moving-endpoint-type must be one of internal-ip, internal-fqdn, external-ip, external-fqdn and none\r\n"u8;

    private static ReadOnlySpan<byte> NeedsResp3 => "-ERR CLIENT MAINT_NOTIFICATIONS ON needs RESP3: send HELLO 3 before it\r\n"u8;

    /// <summary>Whether a CLIENT command is this one.</summary>
    /// <param name="command">The command.</param>
    public static bool IsMeant(in CommandView command) => Ascii.EqualsIgnoreCase(command.Subcommand, "MAINT_NOTIFICATIONS"u8);

    /// <summary>Reads its arguments.</summary>
    /// <param name="command">The command.</param>
    /// <param name="error">The reply to one that is wrong in any protocol.</param>
    /// <returns>The command; <c>null</c> where it is wrong.</returns>
    public static MaintenanceCommand? Parse(in CommandView command, out byte[] error)
    {
        error = [];
        if (command.TryGet(2, out var mode) && Ascii.EqualsIgnoreCase(mode, "OFF"u8) && command.Count == 3)
        {
            return new MaintenanceCommand(null);
        }

        if (Ascii.EqualsIgnoreCase(mode, "ON"u8) && command.Count == 3)
        {
            return new MaintenanceCommand(MovingEndpointType.Unspecified);
        }

        if (!Ascii.EqualsIgnoreCase(mode, "ON"u8) || command.Count != 5
            || !command.TryGet(3, out var parameter) || !Ascii.EqualsIgnoreCase(parameter, "MOVING-ENDPOINT-TYPE"u8))
        {
            error = Usage.ToArray();
            return null;
        }

        var value = command.TryGet(4, out var bytes) ? Encoding.Latin1.GetString(bytes) : "";
        foreach (var (name, type) in Types)
        {
            if (name.Equals(value, StringComparison.OrdinalIgnoreCase))
            {
                return new MaintenanceCommand(type);
            }
        }

        error = WrongType.ToArray();
        return null;
    }

    /// <summary>Answers it, and does it. Needs the ledger's gate.</summary>
    /// <param name="settings">What the client has set.</param>
    /// <returns>The reply.</returns>
    public byte[] Answer(SessionSettings settings)
    {
        if (wanted is not null && settings.Protocol != 3)
        {
            return NeedsResp3.ToArray();
        }

        settings.Maintenance = wanted;
        return Replies.Ok.ToArray();
    }
}
