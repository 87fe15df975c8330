using System.Text;
using Larder.Gateway.Notices;

namespace Larder.Gateway.Tests.Notices;

public sealed class ForgedMessageTests
{
    [Theory]
    [InlineData("*3\r\n$7\r\nmessage\r\n$16\r\nAzureRedisEvents\r\n$1\r\nx\r\n", true)]
    [InlineData(">3\r\n$7\r\nmessage\r\n$16\r\nAzureRedisEvents\r\n$1\r\nx\r\n", true)]
    [InlineData(">4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$16\r\nAzureRedisEvents\r\n$1\r\nx\r\n", true)]
    [InlineData(">3\r\n$7\r\nmessage\r\n$16\r\nAzureRedisEvent_\r\n$1\r\nx\r\n", false)]
    [InlineData(">3\r\n$7\r\nmessage\r\n$0\r\n\r\n$16\r\nAzureRedisEvents\r\n", false)]
    [InlineData(">4\r\n$8\r\npmessage\r\n$16\r\nAzureRedisEvents\r\n$1\r\na\r\n$1\r\nx\r\n", false)]
    [InlineData(">3\r\n$9\r\nsubscribe\r\n$16\r\nAzureRedisEvents\r\n:1\r\n", false)]
    [InlineData(">3\r\n$8\r\nsmessage\r\n$16\r\nAzureRedisEvents\r\n$1\r\nx\r\n", false)]
    [InlineData(">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n", false)]
    [InlineData(">3\r\n*1\r\n:1\r\n:2\r\n:3\r\n", false)]
    public void It_is_told_as_soon_as_its_channel_has_arrived_and_never_wrongly(string frame, bool forged)
    {
        var bytes = Encoding.Latin1.GetBytes(frame);
        Assert.Equal(forged, ForgedMessage.Judge(bytes));
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.NotEqual(!forged, ForgedMessage.Judge(bytes.AsSpan(0, length)));
        }
    }
}
