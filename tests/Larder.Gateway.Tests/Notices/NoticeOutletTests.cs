using System.Net;
using System.Net.Sockets;
using Larder.Gateway.Notices;
using Larder.Gateway.Sessions;

namespace Larder.Gateway.Tests.Notices;

/// <summary>Replies and notices take turns at a client's output.</summary>
public sealed class NoticeOutletTests : IAsyncLifetime
{
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private Socket _server = null!;
    private ClientConnection _connection = null!;
    private NoticeOutlet _outlet = null!;
    private volatile bool _between = true;
    private int _broken;

    public async ValueTask InitializeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await _client.ConnectAsync(listener.LocalEndpoint);
        _server = await listener.AcceptSocketAsync();
        _connection = new ClientConnection(_server, new NetworkStream(_server));
        var reader = new NoticeReader(3, MovingEndpointType.None, new NoticeAudience(), CanHear: false, IPAddress.Loopback, 1, 0);
        _outlet = new NoticeOutlet(_connection, () => _between ? reader : null, () => Interlocked.Increment(ref _broken));
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_notice_waits_for_the_turn_and_for_the_end_of_the_reply()
    {
        await _outlet.EnterAsync();
        _outlet.Post(Notice(1));
        await _connection.WriteAsync("$4\r\nhal"u8.ToArray());
        _between = false;
        await _outlet.DeliverAsync();
        _outlet.Leave();
        await _outlet.EnterAsync();
        await _connection.WriteAsync("f\r\n"u8.ToArray());
        _between = true;
        await _outlet.DeliverAsync();
        _outlet.Leave();
        Assert.Equal($"$4\r\nhalf\r\n{Push(1)}", await ReadAsync(10 + Push(1).Length));
    }

    [Fact]
    public async Task A_notice_that_comes_after_the_last_look_of_a_turn_is_written_when_the_turn_ends()
    {
        await _outlet.EnterAsync();
        await _outlet.DeliverAsync();
        _outlet.Post(Notice(1));
        _outlet.Leave();
        Assert.Equal(Push(1), await ReadAsync(Push(1).Length));
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
        Assert.Equal(expected, await ReadAsync(expected.Length));
    }

    [Fact]
    public async Task After_the_close_nothing_is_written()
    {
        await _outlet.CloseAsync();
        _outlet.Post(Notice(1));
        await _outlet.EnterAsync();
        await _outlet.DeliverAsync();
        _outlet.Leave();
        _server.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await _client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_client_that_is_gone_is_told_once()
    {
        _connection.Abort();
        _outlet.Post(Notice(1));
        await _outlet.CloseAsync();
        _outlet.Post(Notice(2));
        await _outlet.CloseAsync();
        Assert.Equal(1, _broken);
    }

    private static MaintenanceNotice Notice(long number) => new(MaintenanceNoticeKind.FailedOver, number);

    private static string Push(long number) => $">3\r\n$11\r\nFAILED_OVER\r\n:{number}\r\n$5\r\n[\"0\"]\r\n";

    private async Task<string> ReadAsync(int count)
    {
        var buffer = new byte[count];
        for (var read = 0; read < count;)
        {
            var more = await _client.ReceiveAsync(buffer.AsMemory(read), TestContext.Current.CancellationToken);
            Assert.NotEqual(0, more);
            read += more;
        }

        return System.Text.Encoding.Latin1.GetString(buffer);
    }
}
