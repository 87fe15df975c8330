using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Larder.Gateway.Clients;

/// <summary>Replies that are one text: a bulk string, or with RESP3 a verbatim string.</summary>
internal static class ReplyText
{
    private const string VerbatimPrefix = "txt:";

    /// <summary>Reads one.</summary>
    /// <param name="reply">The reply, whole.</param>
    /// <returns>The text, each byte a character; <c>null</c> where it is another reply.</returns>
    public static string? Read(ReadOnlySpan<byte> reply)
    {
        if (reply is not [(byte)'$' or (byte)'=', ..] || !Utf8Parser.TryParse(reply[1..], out int length, out var digits) || length < 0 || reply.Length < length + digits + 5)
        {
            return null;
        }

        var text = Encoding.Latin1.GetString(reply.Slice(digits + 3, length));
        return reply[0] == (byte)'=' ? text[VerbatimPrefix.Length..] : text;
    }

    /// <summary>Writes one.</summary>
    /// <param name="type">The type of the reply in whose place it comes: <c>=</c> gives a verbatim string.</param>
    /// <param name="text">The text, each character a byte.</param>
    public static byte[] Encode(byte type, string text)
    {
        var content = type == (byte)'=' ? VerbatimPrefix + text : text;
        return Encoding.Latin1.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{(type == (byte)'=' ? '=' : '$')}{content.Length}\r\n{content}\r\n"));
    }
}
