using System.Buffers;
using System.Buffers.Text;

namespace Larder.Resp;

/// <summary>Writes RESP values and commands.</summary>
public static class RespWriter
{
    private static ReadOnlySpan<byte> NewLine => "\r\n"u8;

    /// <summary>Writes the header of a command: <c>*count</c>.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="count">How many arguments follow, the command's name included.</param>
    public static void WriteCommandHeader(IBufferWriter<byte> output, int count) => WriteHeader(output, '*', count);

    /// <summary>Writes the header of a RESP3 push: <c>&gt;count</c>.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="count">How many elements follow.</param>
    public static void WritePushHeader(IBufferWriter<byte> output, int count) => WriteHeader(output, '>', count);

    /// <summary>Writes a bulk string.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="value">The bytes.</param>
    public static void WriteBulk(IBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        WriteHeader(output, '$', value.Length);
        output.Write(value);
        output.Write(NewLine);
    }

    private static void WriteHeader(IBufferWriter<byte> output, char type, int number)
    {
        var span = output.GetSpan(RespInteger.MaxLength + 3);
        span[0] = (byte)type;
        Utf8Formatter.TryFormat(number, span[1..], out var length);
        NewLine.CopyTo(span[(length + 1)..]);
        output.Advance(length + 3);
    }
}
