using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Larder.Gateway.Clusters;

/// <summary>A reply taken apart: for those few that are short, and are changed in the middle.</summary>
/// <param name="Type">Its type character.</param>
/// <param name="Text">What a scalar says; <c>null</c> for a null and for aggregates.</param>
/// <param name="Items">What an aggregate has: of a map, keys and values by turns.</param>
internal sealed record RespTree(byte Type, string? Text, List<RespTree>? Items)
{
    private const int MaxDepth = 16;

    /// <summary>Whether it is an aggregate.</summary>
    public bool IsAggregate => Items is not null;

    /// <summary>Takes a reply apart.</summary>
    /// <param name="reply">The reply, whole.</param>
    /// <returns>The tree; <c>null</c> where the reply has another form.</returns>
    public static RespTree? Read(ReadOnlySpan<byte> reply)
    {
        var position = 0;
        return Read(reply, ref position, 0);
    }

    /// <summary>Puts it together again.</summary>
    public byte[] Write()
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output);
        return output.WrittenSpan.ToArray();
    }

    private static RespTree? Read(ReadOnlySpan<byte> reply, ref int position, int depth)
    {
        var end = position < reply.Length ? reply[position..].IndexOf("\r\n"u8) : -1;
        if (end < 1 || depth > MaxDepth)
        {
            return null;
        }

        var type = reply[position];
        var line = reply.Slice(position + 1, end - 1);
        position += end + 2;
        switch (type)
        {
            case (byte)'*' or (byte)'%' or (byte)'~' or (byte)'>':
                if (!TryCount(line, out var count))
                {
                    return null;
                }

                if (count < 0)
                {
                    return new RespTree(type, null, null);
                }

                var items = new List<RespTree>();
                for (var left = type == (byte)'%' ? count * 2 : count; left > 0; left--)
                {
                    if (Read(reply, ref position, depth + 1) is not { } item)
                    {
                        return null;
                    }

                    items.Add(item);
                }

                return new RespTree(type, null, items);
            case (byte)'$' or (byte)'=':
                if (!TryCount(line, out var length) || position + length + 2 > reply.Length)
                {
                    return null;
                }

                if (length < 0)
                {
                    return new RespTree(type, null, null);
                }

                var text = Encoding.Latin1.GetString(reply.Slice(position, length));
                position += length + 2;
                return new RespTree(type, text, null);
            default:
                return new RespTree(type, Encoding.Latin1.GetString(line), null);
        }
    }

    private static bool TryCount(ReadOnlySpan<byte> line, out int count) =>
        Utf8Parser.TryParse(line, out count, out var read) && read == line.Length && count >= -1;

    private void Write(ArrayBufferWriter<byte> output)
    {
        var head = Items is { } items ? (Type == (byte)'%' ? items.Count / 2 : items.Count).ToString(CultureInfo.InvariantCulture)
            : Type is (byte)'$' or (byte)'=' ? (Text?.Length ?? -1).ToString(CultureInfo.InvariantCulture)
            : Text ?? (Type == (byte)'_' ? "" : "-1");
        output.Write(Encoding.Latin1.GetBytes($"{(char)Type}{head}\r\n"));
        if (Items is null && Type is (byte)'$' or (byte)'=' && Text is not null)
        {
            output.Write(Encoding.Latin1.GetBytes(Text));
            output.Write("\r\n"u8);
        }

        Items?.ForEach(item => item.Write(output));
    }
}
