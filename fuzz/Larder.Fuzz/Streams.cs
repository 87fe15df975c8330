using System.Globalization;
using System.Text;

namespace Larder.Fuzz;

/// <summary>Makes streams of requests and of replies that are right.</summary>
internal static class Streams
{
    private static readonly string[] Inline = ["PING", "SET a b", "  GET  a ", "SET \"a\\x41\\n\" 'b\\' c'", "", "ECHO \"\"", "SET \"unbalanced", "GET 'a'b"];

    /// <summary>Some requests, one after the other.</summary>
    public static void Requests(List<byte> bytes, Random random)
    {
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            if (random.Next(8) == 0)
            {
                Write(bytes, Inline[random.Next(Inline.Length)] + (random.Next(2) == 0 ? "\r\n" : "\n"));
                continue;
            }

            var arguments = random.Next(16) == 0 ? random.Next(60, 80) : random.Next(1, 6);
            Write(bytes, string.Create(CultureInfo.InvariantCulture, $"*{arguments}\r\n"));
            for (; arguments > 0; arguments--)
            {
                Text(bytes, '$', random);
            }
        }
    }

    /// <summary>Some replies, one after the other.</summary>
    public static void Replies(List<byte> bytes, Random random)
    {
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            Reply(bytes, random, 0);
        }
    }

    private static void Reply(List<byte> bytes, Random random, int depth)
    {
        switch (random.Next(depth > 3 ? 8 : 12))
        {
            case 0:
                Write(bytes, "+OK\r\n");
                break;
            case 1:
                Write(bytes, "-ERR some error\r\n");
                break;
            case 2:
                Write(bytes, string.Create(CultureInfo.InvariantCulture, $":{random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64)}\r\n"));
                break;
            case 3:
                Write(bytes, (random.Next(6)) switch { 0 => "$-1\r\n", 1 => "*-1\r\n", 2 => "_\r\n", 3 => "#t\r\n", 4 => ",1.5\r\n", _ => "(12345678901234567890\r\n" });
                break;
            case < 8:
                Text(bytes, random.Next(8) == 0 ? '=' : '$', random);
                break;
            default:
                var items = random.Next(4);
                var type = "*~%>|"[random.Next(5)];
                Write(bytes, string.Create(CultureInfo.InvariantCulture, $"{type}{items}\r\n"));
                for (var left = type is '%' or '|' ? items * 2 : items; left > 0; left--)
                {
                    Reply(bytes, random, depth + 1);
                }

                if (type == '|')
                {
                    Reply(bytes, random, depth + 1);
                }

                break;
        }
    }

    private static void Text(List<byte> bytes, char type, Random random)
    {
        var length = random.Next(32) == 0 ? random.Next(200) : random.Next(8);
        Write(bytes, string.Create(CultureInfo.InvariantCulture, $"{type}{length}\r\n"));
        for (; length > 0; length--)
        {
            bytes.Add((byte)(random.Next(4) == 0 ? "*$\r\n:"[random.Next(5)] : random.Next(256)));
        }

        Write(bytes, "\r\n");
    }

    private static void Write(List<byte> bytes, string text) => bytes.AddRange(Encoding.Latin1.GetBytes(text));
}
