using System.Buffers;
using System.Globalization;
using System.Text;

namespace Larder.Engines.Client;

/// <summary>Writes commands as RESP arrays of texts.</summary>
internal static class CommandWriter
{
    /// <summary>Appends one command.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="words">Its name and its arguments.</param>
    public static void Write(ArrayBufferWriter<byte> output, IReadOnlyList<string> words)
    {
        Line(output, '*', words.Count);
        foreach (var word in words)
        {
            Line(output, '$', Encoding.UTF8.GetByteCount(word));
            Encoding.UTF8.GetBytes(word, output);
            output.Write("\r\n"u8);
        }
    }

    private static void Line(ArrayBufferWriter<byte> output, char type, int count) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{type}{count}\r\n"), output);
}
