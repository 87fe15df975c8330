using System.Buffers;
using System.Text;
using CsCheck;
using Larder.Resp.Requests;
using Xunit;

namespace Larder.Resp.Tests;

/// <summary>Requests are found whatever pieces they arrive in, and nothing else is taken for one.</summary>
public sealed class RequestScannerTests
{
    private static readonly Gen<string[]> Commands = Gen.String[Gen.Char, 0, 30].Array[1, 12];

    [Fact]
    public void A_stream_of_commands_is_the_same_in_whatever_pieces_it_comes() => Gen.Select(Commands.Array[1, 6], Gen.Int[1, 40]).Sample((commands, step) =>
    {
        var bytes = commands.SelectMany(Encode).ToArray();
        var found = new List<string[]>();
        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        var start = 0;
        for (var end = Math.Min(step, bytes.Length); ; end = Math.Min(end + step, bytes.Length))
        {
            while (start < end && scanner.Scan(bytes.AsSpan(start, end - start)) == RespRequestStatus.Command)
            {
                found.Add(Read(bytes.AsSpan(start), scanner));
                start += scanner.Length;
                scanner.Next();
            }

            if (end == bytes.Length)
            {
                break;
            }
        }

        Assert.Equal(commands, found);
    });

    [Theory]
    [InlineData("*1\r\n$4\r\nPING\r\n")]
    [InlineData("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$0\r\n\r\n")]
    [InlineData("PING\r\n")]
    [InlineData("SET \"a b\" 'c'\n")]
    public void Every_beginning_of_a_request_needs_more(string request)
    {
        var bytes = Encoding.Latin1.GetBytes(request);
        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        for (var length = 1; length < bytes.Length; length++)
        {
            Assert.Equal(RespRequestStatus.NeedMoreData, scanner.Scan(bytes.AsSpan(0, length)));
        }

        Assert.NotEqual(RespRequestStatus.NeedMoreData, scanner.Scan(bytes));
        Assert.Equal(bytes.Length, scanner.Length);
    }

    [Theory]
    [InlineData("*x\r\n", "invalid multibulk length")]
    [InlineData("*1\r\n+OK\r\n", "expected '$', got '+'")]
    [InlineData("*1\r\n$-1\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$536870913\r\n", "invalid bulk length")]
    public void What_is_no_request_is_named_as_redis_names_it(string bytes, string error)
    {
        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        Assert.Equal(RespRequestStatus.Invalid, scanner.Scan(Encoding.Latin1.GetBytes(bytes)));
        Assert.Equal(error, scanner.Error);
    }

    [Fact]
    public void Strangers_may_send_little()
    {
        var scanner = new RespRequestScanner(RespRequestLimits.Stranger);
        Assert.Equal(RespRequestStatus.Invalid, scanner.Scan("*11\r\n"u8));
        Assert.Equal("unauthenticated multibulk length", scanner.Error);
        scanner = new RespRequestScanner(RespRequestLimits.Stranger);
        Assert.Equal(RespRequestStatus.Invalid, scanner.Scan("*1\r\n$16385\r\n"u8));
        Assert.Equal("unauthenticated bulk length", scanner.Error);
        Assert.Equal(RespRequestStatus.NeedMoreData, new RespRequestScanner(RespRequestLimits.Stranger).Scan("*10\r\n$16384\r\n"u8));
    }

    [Fact]
    public void A_line_without_an_end_is_refused()
    {
        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        Assert.Equal(RespRequestStatus.Invalid, scanner.Scan(new byte[RespRequestLimits.InlineBytes + 1].Select(_ => (byte)'x').ToArray()));
        Assert.Equal("too big inline request", scanner.Error);
    }

    [Fact]
    public void Random_bytes_are_read_to_an_end() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        var start = 0;
        while (start < bytes.Length)
        {
            var status = scanner.Scan(bytes.AsSpan(start));
            if (status is RespRequestStatus.NeedMoreData or RespRequestStatus.Invalid)
            {
                return;
            }

            Assert.InRange(scanner.Length, 1, bytes.Length - start);
            start += scanner.Length;
            scanner.Next();
        }
    });

    [Theory]
    [InlineData("SET a b", "SET|a|b")]
    [InlineData("  SET   a  ", "SET|a")]
    [InlineData("SET \"a b\" 'c d'", "SET|a b|c d")]
    [InlineData("SET \"\\x41\\n\\t\\\"\" '\\''", "SET|A\n\t\"|'")]
    [InlineData("", "")]
    public void A_line_is_split_as_redis_splits_it(string line, string expected)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.True(InlineCommand.TryEncode(Encoding.Latin1.GetBytes(line), output));
        if (expected.Length == 0)
        {
            Assert.Equal(0, output.WrittenCount);
            return;
        }

        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        Assert.Equal(RespRequestStatus.Command, scanner.Scan(output.WrittenSpan));
        Assert.Equal(expected.Split('|'), Read(output.WrittenSpan, scanner));
    }

    [Theory]
    [InlineData("SET \"a")]
    [InlineData("SET 'a")]
    [InlineData("SET \"a\"b")]
    [InlineData("SET 'a'b")]
    public void Unbalanced_quotes_are_refused(string line) =>
        Assert.False(InlineCommand.TryEncode(Encoding.Latin1.GetBytes(line), new ArrayBufferWriter<byte>()));

    private static IEnumerable<byte> Encode(string[] command) => Encoding.UTF8.GetBytes(
        $"*{command.Length}\r\n" + string.Concat(command.Select(argument => $"${Encoding.UTF8.GetByteCount(argument)}\r\n{argument}\r\n")));

    private static string[] Read(ReadOnlySpan<byte> bytes, RespRequestScanner scanner)
    {
        var command = new string[scanner.ArgumentCount];
        for (var index = 0; index < command.Length; index++)
        {
            var argument = scanner.Arguments[index];
            command[index] = Encoding.UTF8.GetString(bytes.Slice(argument.Offset, argument.Length));
        }

        return command;
    }
}
