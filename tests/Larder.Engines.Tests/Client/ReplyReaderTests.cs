using System.Text;
using CsCheck;
using Larder.Engines.Client;

namespace Larder.Engines.Tests.Client;

/// <summary>Replies are read the same however the network cuts them, and what is not RESP is refused.</summary>
public sealed class ReplyReaderTests
{
    private static readonly Gen<Reply> AnyReply = Gen.Recursive<Reply>((depth, nested) => depth > 3
        ? Gen.Long.Select(Reply.OfInteger)
        : Gen.OneOf(
            Gen.Long.Select(Reply.OfInteger),
            Gen.String.AlphaNumeric.Select(text => Reply.OfText(ReplyKind.Status, text)),
            Gen.String.AlphaNumeric.Select(text => Reply.OfText(ReplyKind.Error, text)),
            Gen.String[Gen.Char['\0', '\u07ff'], 0, 50].Select(text => Reply.OfText(ReplyKind.Text, text)),
            Gen.Const(Reply.Nothing),
            nested.List[0, 4].Select(items => Reply.OfItems(items))));

    [Fact]
    public async Task Read_AnyReplies_AreTheSameUnderEveryFragmentation() => await Gen.Select(AnyReply.List[1, 5], Gen.Int[1, 7]).SampleAsync(
        async (replies, fragment) =>
        {
            var bytes = Encoding.UTF8.GetBytes(string.Concat(replies.Select(Write)));
            var reader = new ReplyReader(new FragmentedStream(bytes, fragment));
            foreach (var reply in replies)
            {
                Assert.Equal(Write(reply), Write(await reader.ReadAsync(TestContext.Current.CancellationToken)));
            }
        },
        iter: 200);

    [Theory]
    [InlineData("\r\n")]
    [InlineData("HTTP/1.1 400\r\n")]
    [InlineData("$abc\r\n")]
    [InlineData("$99999999\r\n")]
    [InlineData("*-2\r\n")]
    [InlineData("+OK\n")]
    [InlineData("$2\r\nabcd")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n")]
    public async Task Read_WhatIsNotAReply_IsRefused(string text)
    {
        var reader = new ReplyReader(new MemoryStream(Encoding.UTF8.GetBytes(text)));

        await Assert.ThrowsAsync<InvalidDataException>(async () => await reader.ReadAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("")]
    [InlineData("+O")]
    [InlineData("$5\r\nab")]
    [InlineData("*2\r\n:1\r\n")]
    public async Task Read_StreamEnds_SaysSo(string text)
    {
        var reader = new ReplyReader(new MemoryStream(Encoding.UTF8.GetBytes(text)));

        await Assert.ThrowsAsync<EndOfStreamException>(async () => await reader.ReadAsync(TestContext.Current.CancellationToken));
    }

    private static string Write(Reply reply) => reply.Kind switch
    {
        ReplyKind.Status => $"+{reply.Text}\r\n",
        ReplyKind.Error => $"-{reply.Text}\r\n",
        ReplyKind.Integer => $":{reply.Integer}\r\n",
        ReplyKind.Text => $"${Encoding.UTF8.GetByteCount(reply.Text)}\r\n{reply.Text}\r\n",
        ReplyKind.Null => "$-1\r\n",
        _ => $"*{reply.Items.Count}\r\n{string.Concat(reply.Items.Select(Write))}",
    };

    private sealed class FragmentedStream(byte[] bytes, int fragment) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(fragment, buffer.Length)], cancellationToken);
    }
}
