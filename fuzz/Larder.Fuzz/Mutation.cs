namespace Larder.Fuzz;

/// <summary>Spoils bytes: flips, inserts, deletes, repeats, cuts off, and puts in what means something to the protocol.</summary>
public static class Mutation
{
    private static readonly byte[][] Words =
    [
        "\r\n"u8.ToArray(), "\n"u8.ToArray(), "\r"u8.ToArray(), "*"u8.ToArray(), "$"u8.ToArray(), "*1\r\n"u8.ToArray(), "*0\r\n"u8.ToArray(), "*-1\r\n"u8.ToArray(), "$-1\r\n"u8.ToArray(),
        "$0\r\n\r\n"u8.ToArray(), "*2147483648\r\n"u8.ToArray(), "$536870913\r\n"u8.ToArray(), "$9223372036854775808\r\n"u8.ToArray(), "-"u8.ToArray(), "+"u8.ToArray(), "00"u8.ToArray(),
        "\0"u8.ToArray(), "\""u8.ToArray(), "'"u8.ToArray(), "\\x"u8.ToArray(), " "u8.ToArray(), "%"u8.ToArray(), ">"u8.ToArray(), "|1\r\n"u8.ToArray(), "_\r\n"u8.ToArray(), "~"u8.ToArray(),
        ":1\r\n"u8.ToArray(), "=4\r\ntxt:\r\n"u8.ToArray(), [0xff], [0x16, 0x03, 0x01], "*1\r\n$4\r\nQUIT\r\n"u8.ToArray(), "*1\r\n$5\r\nMULTI\r\n"u8.ToArray(), "POST / HTTP/1.1\r\n"u8.ToArray(),
    ];

    /// <param name="bytes">Changed in place.</param>
    /// <param name="random">Decides.</param>
    public static void Apply(List<byte> bytes, Random random)
    {
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            var place = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when place < bytes.Count:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 1 when place < bytes.Count:
                    bytes.RemoveRange(place, Math.Min(bytes.Count - place, random.Next(1, 5)));
                    break;
                case 2 when place < bytes.Count:
                    bytes.InsertRange(place, bytes.GetRange(place, Math.Min(bytes.Count - place, random.Next(1, 20))));
                    break;
                case 3:
                    bytes.RemoveRange(place, bytes.Count - place);
                    break;
                case 4 when place < bytes.Count && bytes[place] is >= (byte)'0' and <= (byte)'9':
                    bytes[place] = (byte)('0' + random.Next(10));
                    break;
                default:
                    bytes.InsertRange(place, Words[random.Next(Words.Length)]);
                    break;
            }
        }
    }
}
