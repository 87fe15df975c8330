using Larder.Host.Client;

namespace Larder.Host.Tests.Client;

/// <summary>The one line that a daemon says.</summary>
public sealed class DaemonHandshakeTests
{
    [Fact]
    public void Ready_gives_the_process()
    {
        var handshake = DaemonHandshake.TryParse("""{"ready":true,"pid":4711}""")!;
        Assert.True(handshake.Ready);
        Assert.Equal(4711, handshake.Pid);
    }

    [Fact]
    public void Failed_gives_exit_code_and_error()
    {
        var handshake = DaemonHandshake.TryParse("""{"ready":false,"exitCode":2,"error":{"code":"home_unusable","message":"No.","details":["a","b"]}}""")!;
        Assert.False(handshake.Ready);
        Assert.Equal(2, handshake.ExitCode);
        Assert.Equal("No.", handshake.Error!.Message);
        Assert.Equal(["a", "b"], handshake.Error.Details);
    }

    [Fact]
    public void Failed_without_details_has_none()
    {
        Assert.Empty(DaemonHandshake.TryParse("""{"ready":false,"exitCode":1,"error":{"code":"x","message":"No."}}""")!.Error!.Details);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ready")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"ready":true}""")]
    [InlineData("""{"ready":true,"pid":-1}""")]
    [InlineData("""{"ready":false,"exitCode":1}""")]
    [InlineData("""{"ready":false,"exitCode":0,"error":{"code":"x","message":"No.","details":[]}}""")]
    public void Anything_else_is_no_handshake(string line) => Assert.Null(DaemonHandshake.TryParse(line));
}
