using System.Buffers;
using System.Text;
using Larder.Gateway.Commands;
using Larder.Model.Routing;
using Larder.Resp;

namespace Larder.Gateway.Authentication;

/// <summary>A HELLO command, read as Redis 7 reads it.</summary>
/// <param name="Version">The protocol asked for (2 or 3), or <c>null</c> for the one that is.</param>
/// <param name="HasCredentials">Whether it has an AUTH option.</param>
/// <param name="Grant">What the credentials open, where there are some and they are right.</param>
/// <param name="ClientName">The name given with SETNAME, or <c>null</c>.</param>
internal sealed record HelloCommand(int? Version, bool HasCredentials, AccessGrant? Grant, byte[]? ClientName)
{
    /// <summary>Reads the command.</summary>
    /// <param name="command">A HELLO that has arrived whole.</param>
    /// <param name="findGrant">What a user and password open.</param>
    /// <param name="error">The reply where it is malformed; else empty.</param>
    /// <returns>The command, or <c>null</c> where it is malformed.</returns>
    public static HelloCommand? Parse(in CommandView command, FindGrant findGrant, out byte[] error)
    {
        error = [];
        int? version = null;
        if (command.Count >= 2)
        {
            if (!command.TryGet(1, out var text) || !RespInteger.TryParse(text, out var number))
            {
                error = Replies.ProtocolVersionNotInteger.ToArray();
                return null;
            }

            if (number is not (2 or 3))
            {
                error = Replies.NoProto.ToArray();
                return null;
            }

            version = (int)number;
        }

        var hasCredentials = false;
        AccessGrant? grant = null;
        byte[]? name = null;
        for (var index = 2; index < command.Count; index++)
        {
            if (!command.TryGet(index, out var option))
            {
                error = Replies.SyntaxError.ToArray();
                return null;
            }

            if (Ascii.EqualsIgnoreCase(option, "AUTH"u8) && command.TryGet(index + 2, out var password) && command.TryGet(index + 1, out var user))
            {
                hasCredentials = true;
                grant = findGrant(user, password);
                index += 2;
            }
            else if (Ascii.EqualsIgnoreCase(option, "SETNAME"u8) && command.TryGet(index + 1, out var clientName))
            {
                if (clientName.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
                {
                    error = Replies.InvalidClientName.ToArray();
                    return null;
                }

                name = clientName.ToArray();
                index++;
            }
            else
            {
                error = Replies.HelloSyntaxError(option);
                return null;
            }
        }

        return new HelloCommand(version, hasCredentials, grant, name);
    }

    /// <summary>Writes the command for an engine, with credentials of the gateway in the place of the client's.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="primary">The engine.</param>
    public void Write(IBufferWriter<byte> output, PrimaryRoute primary)
    {
        RespWriter.WriteCommandHeader(output, 5 + (ClientName is null ? 0 : 2));
        RespWriter.WriteBulk(output, "HELLO"u8);
        RespWriter.WriteBulk(output, Version == 3 ? "3"u8 : "2"u8);
        RespWriter.WriteBulk(output, "AUTH"u8);
        Credentials.WritePair(output, primary, Grant);
        if (ClientName is not null)
        {
            RespWriter.WriteBulk(output, "SETNAME"u8);
            RespWriter.WriteBulk(output, ClientName);
        }
    }
}
