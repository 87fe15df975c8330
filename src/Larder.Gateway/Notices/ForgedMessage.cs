using Larder.Resp;

namespace Larder.Gateway.Notices;

/// <summary>
/// Tells a message on the <see cref="AzureEvents.Channel"/> that comes from an engine, which can only be a client's, from all others. Notices come from
/// the gateway alone: PUBLISH is refused at the door, but a script can publish too.
/// </summary>
internal static class ForgedMessage
{
    /// <summary>Looks at the beginning of a message or push.</summary>
    /// <param name="frame">What has arrived of it.</param>
    /// <returns>Whether it is forged; <c>null</c> where more must arrive.</returns>
    public static bool? Judge(ReadOnlySpan<byte> frame)
    {
        var position = frame.IndexOf((byte)'\n') + 1;
        if (position == 0 || !TryReadText(frame, ref position, out var kind))
        {
            return null;
        }

        if (kind.SequenceEqual("pmessage"u8))
        {
            if (!TryReadText(frame, ref position, out _))
            {
                return null;
            }
        }
        else if (!kind.SequenceEqual("message"u8))
        {
            return false;
        }

        return TryReadText(frame, ref position, out var channel) ? channel.SequenceEqual(AzureEvents.Channel) : null;
    }

    /// <summary>Reads a bulk string; anything else is taken for an empty one, which is none of the words looked for.</summary>
    private static bool TryReadText(ReadOnlySpan<byte> frame, ref int position, out ReadOnlySpan<byte> text)
    {
        text = default;
        var rest = frame[position..];
        var end = rest.IndexOf((byte)'\n');
        if (end < 1)
        {
            return false;
        }

        if (rest[0] != (byte)'$' || !RespInteger.TryParse(rest[1..(end - 1)], out var length) || length < 0)
        {
            return true;
        }

        if (rest.Length - end - 1 < length)
        {
            return false;
        }

        text = rest.Slice(end + 1, (int)length);
        position += end + 1 + (int)length + 2;
        position = Math.Min(position, frame.Length);
        return true;
    }
}
