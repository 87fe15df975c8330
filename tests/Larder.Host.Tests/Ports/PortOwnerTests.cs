using System.Net;
using System.Net.Sockets;
using Larder.Host.Ports;

namespace Larder.Host.Tests.Ports;

/// <summary>Who listens on a port, asked of real sockets.</summary>
public sealed class PortOwnerTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    public void A_listener_of_this_process_is_found(string address)
    {
        using var listener = new TcpListener(IPAddress.Parse(address), 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.True(PortOwner.IsTaken(port));
        Assert.Equal(Environment.ProcessId, PortOwner.Find(port)!.Pid);
        Assert.Equal(File.ReadAllText("/proc/self/comm").Trim(), PortOwner.Find(port)!.Name);
    }

    [Fact]
    public void Only_the_address_that_is_asked_for_counts()
    {
        using var listener = new TcpListener(IPAddress.Parse("127.0.0.1"), 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Equal(Environment.ProcessId, PortOwner.Find(IPAddress.Loopback, port)!.Pid);
        Assert.Null(PortOwner.Find(IPAddress.IPv6Loopback, port));
        Assert.Null(PortOwner.Find(IPAddress.Parse("127.0.0.2"), port));
    }

    [Theory]
    [InlineData("0100007F", "127.0.0.1", true)]
    [InlineData("0100007F", "127.0.0.2", false)]
    [InlineData("00000000", "127.0.0.1", true)]
    [InlineData("00000000000000000000000001000000", "::1", true)]
    [InlineData("00000000000000000000000000000000", "127.0.0.1", true)]
    [InlineData("00000000000000000000000001000000", "127.0.0.1", false)]
    public void Addresses_are_read_as_the_kernel_writes_them(string local, string address, bool same) =>
        Assert.Equal(same, PortOwner.IsAt(local, IPAddress.Parse(address)));

    [Fact]
    public void A_port_without_listener_has_no_owner()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        Assert.Null(PortOwner.Find(port));
    }

    [Fact]
    public void A_port_that_is_only_connected_from_is_not_listened_on()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        Assert.False(PortOwner.IsTaken(((IPEndPoint)client.Client.LocalEndPoint!).Port));
    }

    [Fact]
    public void The_kernels_table_is_read_by_state_and_port()
    {
        string[] table =
        [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "   0: 0100007F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31337 1 0000000000000000 100 0 0 10 0",
            "   1: 0100007F:18EB 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 31338 1 0000000000000000 100 0 0 10 0",
            "   2: 0100007F:18EC 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 31339 1 0000000000000000 100 0 0 10 0",
        ];
        Assert.Equal(["31337"], PortOwner.Inodes(table, 6379));
    }
}
