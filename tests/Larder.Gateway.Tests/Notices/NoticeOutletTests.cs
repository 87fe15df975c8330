using System.Net;
using System.Text;
using Larder.Gateway.Notices;

namespace Larder.Gateway.Tests.Notices;

/// <summary>Replies and notices take turns at a client's output.</summary>
public sealed class NoticeOutletTests
{
    private readonly StringBuilder _written = new();
    private readonly NoticeOutlet _outlet;
    private bool _between = true;
    private bool _gone;
    private int _broken;

    public NoticeOutletTests()
    {
        var reader = new NoticeReader(3, MovingEndpointType.None, new NoticeAudience(), CanHear: false, IPAddress.Loopback, 1, 0);
        _outlet = new NoticeOutlet(WriteAsync, () => _between ? reader : null, () => Interlocked.Increment(ref _broken));
    }

    [Fact]
    public async Task A_notice_waits_for_the_turn_and_for_the_end_of_the_reply()
    {
        await _outlet.EnterAsync();
        _outlet.Post(Notice(1));
        await WriteAsync("$4\r\nhal"u8.ToArray());
        _between = false;
        await _outlet.DeliverAsync();
        _outlet.Leave();
        await _outlet.EnterAsync();
        await WriteAsync("f\r\n"u8.ToArray());
        _between = true;
        await _outlet.DeliverAsync();
        _outlet.Leave();
        await _outlet.CloseAsync();
        Assert.Equal($"$4\r\nhalf\r\n{Push(1)}", _written.ToString());
    }

    [Fact]
    public async Task A_notice_that_comes_after_the_last_look_of_a_turn_is_written_when_the_turn_ends()
    {
        await _outlet.EnterAsync();
        await _outlet.DeliverAsync();
        _outlet.Post(Notice(1));
        _outlet.Leave();
        await _outlet.CloseAsync();
        Assert.Equal(Push(1), _written.ToString());
    }

    [Fact]
    public async Task Few_can_wait_and_the_oldest_goes()
    {
        _between = false;
        for (var number = 1; number <= 20; number++)
        {
            _outlet.Post(Notice(number));
        }

        await _outlet.EnterAsync();
        _between = true;
        await _outlet.DeliverAsync();
        _outlet.Leave();
        var expected = string.Concat(Enumerable.Range(5, 16).Select(number => Push(number)));
        Assert.Equal(expected, _written.ToString());
    }

    [Fact]
    public async Task After_the_close_nothing_is_written()
    {
        await _outlet.CloseAsync();
        _outlet.Post(Notice(1));
        await _outlet.EnterAsync();
        await _outlet.DeliverAsync();
        _outlet.Leave();
        Assert.Equal("", _written.ToString());
    }

    [Fact]
    public async Task A_client_that_is_gone_is_told_once()
    {
        _gone = true;
        _outlet.Post(Notice(1));
        await _outlet.CloseAsync();
        _outlet.Post(Notice(2));
        await _outlet.CloseAsync();
        Assert.Equal(1, _broken);
    }

    private static MaintenanceNotice Notice(long number) => new(MaintenanceNoticeKind.FailedOver, number);

    private static string Push(long number) => $">3\r\n$11\r\nFAILED_OVER\r\n:{number}\r\n$5\r\n[\"0\"]\r\n";

    private ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_gone)
        {
            throw new IOException("gone");
        }

        lock (_written)
        {
            _written.Append(Encoding.Latin1.GetString(bytes.Span));
        }

        return ValueTask.CompletedTask;
    }
}
