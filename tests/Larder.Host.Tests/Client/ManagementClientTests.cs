using System.Net.Sockets;
using System.Text.Json;
using Larder.Host.Client;
using Larder.Management.Contracts;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Host.Tests.Client;

/// <summary>How a daemon that is not there, hangs or dies looks to a client.</summary>
public sealed class ManagementClientTests : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task No_socket_file_means_no_daemon()
    {
        using var client = new ManagementClient(_home.Home, TimeProvider.System);
        Assert.Null(await client.TryDescribeAsync(TestContext.Current.CancellationToken));
        var failure = await Assert.ThrowsAsync<DaemonUnreachableException>(() => client.ListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(DaemonUnreachableKind.NotRunning, failure.Kind);
    }

    [Fact]
    public async Task A_stale_socket_file_means_no_daemon()
    {
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(_home.Home.ApiSocket));
            File.Move(_home.Home.ApiSocket, _home.Home.ApiSocket + ".kept"); // .NET removes the file it has bound
        }

        File.Move(_home.Home.ApiSocket + ".kept", _home.Home.ApiSocket);
        using var client = new ManagementClient(_home.Home, TimeProvider.System);
        Assert.Null(await client.TryDescribeAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_daemon_that_does_not_answer_in_time_is_told_apart()
    {
        using var silent = new SilentSocket(_home.Home);
        var clock = new FakeTimeProvider();
        using var client = new ManagementClient(_home.Home, clock);
        var asking = client.TryDescribeAsync(TestContext.Current.CancellationToken);
        Assert.False(asking.IsCompleted);
        clock.Advance(ManagementClient.ProbeTimeout);
        var failure = await Assert.ThrowsAsync<DaemonUnreachableException>(() => asking);
        Assert.Equal(DaemonUnreachableKind.NotAnswering, failure.Kind);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_told_apart()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_home.Home.ApiSocket));
        listener.Listen();
        using var client = new ManagementClient(_home.Home, TimeProvider.System);
        var asking = client.ListAsync(TestContext.Current.CancellationToken);
        using (var connection = await listener.AcceptAsync(TestContext.Current.CancellationToken))
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        var failure = await Assert.ThrowsAsync<DaemonUnreachableException>(() => asking);
        Assert.Equal(DaemonUnreachableKind.BrokenOff, failure.Kind);
    }

    [Fact]
    public async Task An_answer_of_another_form_says_which_and_what_to_do()
    {
        await using var daemon = await FakeDaemon.StartAsync(_home.Home);
        daemon.Plan = () => FakeDaemon.Json(new[] { 1, 2 });
        using var client = new ManagementClient(_home.Home, TimeProvider.System);
        var failure = await Assert.ThrowsAsync<DaemonUnreachableException>(() => client.PlanAsync("{}", TestContext.Current.CancellationToken));
        Assert.Contains("/v1/plan cannot be read", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_are_escaped_in_paths()
    {
        await using var daemon = await FakeDaemon.StartAsync(_home.Home);
        daemon.Caches["a/../b c"] = Samples.Cache("a/../b c");
        using var client = new ManagementClient(_home.Home, TimeProvider.System);
        await Assert.ThrowsAsync<ManagementRequestException>(() => client.ShowAsync("../installation", TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ManagementRequestException>(() => client.ShowAsync("with blank", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Json_is_read_and_written_as_the_api_does()
    {
        var plan = JsonSerializer.Serialize(Samples.RefusedPlan, ApiJson.Wire);
        Assert.Equal(plan, JsonSerializer.Serialize(Samples.RefusedPlan, ClientJson.Default.PlanView));
        Assert.Equal(
            JsonSerializer.Serialize(Samples.Engines, ApiJson.Wire), JsonSerializer.Serialize(Samples.Engines, ClientJson.Default.EnginesView));
        var cache = JsonSerializer.Deserialize(JsonSerializer.Serialize(Samples.Cache(), ApiJson.Wire), ClientJson.Default.CacheView)!;
        Assert.Equal(Samples.Cache().Shards[0].Nodes, cache.Shards[0].Nodes);
        Assert.Equal(Samples.Cache().Endpoint, cache.Endpoint);
    }
}
