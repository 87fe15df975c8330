using System.Text;
using CsCheck;
using Larder.Resp.Replies;
using Xunit;

namespace Larder.Resp.Tests;

/// <summary>The short way past simple frames never says anything else than the scanner.</summary>
public sealed class RespFrameTests
{
    private static readonly Gen<string> Frames = Gen.OneOf(
        Gen.OneOf("+OK\r\n", "+\r\n", "+QUEUED\r\n", "_\r\n", "$-1\r\n", "$0\r\n\r\n", ":0\r\n", ":-12\r\n", ":9223372036854775807\r\n"),
        Gen.String[Gen.Char["abc\r\n$:+"], 0, 40].Select(text => $"${text.Length}\r\n{text}\r\n"),
        Gen.OneOf("*2\r\n:1\r\n+a\r\n", "-ERR no\r\n", "%1\r\n+k\r\n:1\r\n", "~0\r\n", "#t\r\n", ",1.5\r\n", "=7\r\ntxt:abc\r\n", ">2\r\n+a\r\n+b\r\n"),
        Gen.String[Gen.Char["$:+_-*1 0\r\nx"], 0, 12]);

    [Fact]
    public void What_it_measures_the_scanner_measures_the_same() => Gen.Select(Frames, Frames).Sample((first, second) =>
    {
        var data = Encoding.Latin1.GetBytes(first + second);
        if (RespFrame.TryMeasure(data, out var length))
        {
            Assert.Equal(RespReplyStatus.FrameEnded, new RespReplyScanner().Scan(data, out var consumed));
            Assert.Equal(consumed, length);
        }
    });

    [Theory]
    [InlineData("+OK\r\n")]
    [InlineData(":-1\r\n")]
    [InlineData("$3\r\nabc\r\n")]
    [InlineData("$0\r\n\r\n")]
    [InlineData("$-1\r\n")]
    [InlineData("_\r\n")]
    public void A_simple_frame_is_measured_when_it_is_whole_and_not_before(string frame)
    {
        var data = Encoding.Latin1.GetBytes(frame);
        for (var there = 0; there < data.Length; there++)
        {
            Assert.False(RespFrame.TryMeasure(data.AsSpan(0, there), out _));
        }

        Assert.True(RespFrame.TryMeasure(data, out var length));
        Assert.Equal(data.Length, length);
    }

    [Theory]
    [InlineData("$3\r\nabcde")]
    [InlineData("$x\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData(":\r\n")]
    [InlineData(":1x\r\n")]
    [InlineData("$99999999999\r\n")]
    [InlineData("-ERR\r\n")]
    [InlineData("*1\r\n:1\r\n")]
    public void What_is_malformed_or_not_simple_is_left_to_the_scanner(string bytes) =>
        Assert.False(RespFrame.TryMeasure(Encoding.Latin1.GetBytes(bytes), out _));
}
