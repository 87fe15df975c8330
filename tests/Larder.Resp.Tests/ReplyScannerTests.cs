using System.Text;
using CsCheck;
using Larder.Resp.Replies;
using Xunit;

namespace Larder.Resp.Tests;

/// <summary>Where replies end, of all types, in whatever pieces.</summary>
public sealed class ReplyScannerTests
{
    private static readonly Gen<string> Leaf = Gen.OneOf(
        Gen.Char.AlphaNumeric.Array[0, 20].Select(text => "+" + new string(text) + "\r\n"),
        Gen.Char.AlphaNumeric.Array[0, 20].Select(text => "-ERR " + new string(text) + "\r\n"),
        Gen.Long.Select(number => $":{number}\r\n"),
        Gen.Char.AlphaNumeric.Array[0, 40].Select(text => $"${text.Length}\r\n{new string(text)}\r\n"),
        Gen.Char.AlphaNumeric.Array[0, 40].Select(text => $"={text.Length + 4}\r\ntxt:{new string(text)}\r\n"),
        Gen.Const("$-1\r\n"), Gen.Const("*-1\r\n"), Gen.Const("_\r\n"), Gen.Const("#t\r\n"), Gen.Const(",1.5\r\n"), Gen.Const("(123456789012345678901234567890\r\n"));

    private static readonly Gen<string> Reply = Gen.Recursive<string>((depth, inner) => depth > 4 ? Leaf : Gen.Frequency(
        (4, Leaf),
        (1, inner.Array[0, 4].Select(items => $"*{items.Length}\r\n" + string.Concat(items))),
        (1, inner.Array[0, 3].Select(items => $"~{items.Length}\r\n" + string.Concat(items))),
        (1, Gen.Select(inner, inner).Array[0, 3].Select(items => $"%{items.Length}\r\n" + string.Concat(items.Select(pair => pair.Item1 + pair.Item2)))),
        (1, Gen.Select(Leaf, Leaf, inner).Select((key, value, item) => "|1\r\n" + key + value + item))));

    [Fact]
    public void Every_frame_is_found_in_whatever_pieces_it_comes() => Gen.Select(Reply.Array[1, 5], Gen.Int[1, 30]).Sample((replies, step) =>
    {
        var bytes = Encoding.Latin1.GetBytes(string.Concat(replies));
        var scanner = new RespReplyScanner();
        var ends = new List<int>();
        for (var start = 0; start < bytes.Length;)
        {
            var end = Math.Min(start + step, bytes.Length);
            while (start < end)
            {
                var status = scanner.Scan(bytes.AsSpan(start, end - start), out var consumed);
                Assert.NotEqual(RespReplyStatus.Invalid, status);
                start += consumed;
                if (status == RespReplyStatus.FrameEnded)
                {
                    ends.Add(start);
                }
            }
        }

        var lengths = 0;
        Assert.Equal(replies.Select(reply => lengths += reply.Length), ends);
        Assert.True(scanner.AtBoundary);
    });

    [Theory]
    [InlineData("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", "subscribe", 1L)]
    [InlineData(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n", "message", null)]
    [InlineData("*3\r\n$17\r\nseventeen letters\r\n:1\r\n:2\r\n", "", 2L)]
    [InlineData("*2\r\n*1\r\n$1\r\nx\r\n:2\r\n", "", null)]
    public void Pubsub_frames_are_told_by_their_elements(string frame, string first, long? third)
    {
        var scanner = new RespReplyScanner();
        foreach (var one in Encoding.Latin1.GetBytes(frame))
        {
            scanner.Scan([one], out _);
        }

        Assert.Equal(first, Encoding.Latin1.GetString(scanner.FirstElement));
        Assert.Equal(third, scanner.ThirdElement);
    }

    [Fact]
    public void An_errors_first_words_are_kept_in_whatever_pieces_they_come()
    {
        var scanner = new RespReplyScanner();
        foreach (var one in "-UNBLOCKED force unblock\r\n"u8.ToArray())
        {
            scanner.Scan([one], out _);
        }

        Assert.Equal("UNBLOCKED force ", Encoding.Latin1.GetString(scanner.ErrorText));
        Assert.True(scanner.FirstElement.IsEmpty);
        scanner.Scan("+OK\r\n"u8, out _);
        Assert.True(scanner.ErrorText.IsEmpty);
    }

    [Theory]
    [InlineData("?")]
    [InlineData("$x\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("*1\r\n?")]
    [InlineData(":1\n")]
    public void What_is_no_reply_is_refused(string bytes) =>
        Assert.Equal(RespReplyStatus.Invalid, new RespReplyScanner().Scan(Encoding.Latin1.GetBytes(bytes), out _));

    [Fact]
    public void Random_bytes_never_loop() => Gen.Byte.Array[1, 200].Sample(bytes =>
    {
        var scanner = new RespReplyScanner();
        for (var start = 0; start < bytes.Length;)
        {
            var status = scanner.Scan(bytes.AsSpan(start), out var consumed);
            if (status == RespReplyStatus.Invalid)
            {
                return;
            }

            Assert.True(consumed > 0);
            start += consumed;
        }
    });
}
