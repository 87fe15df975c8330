using System.Net;
using Larder.Controller.Caches;
using Larder.Model.Installation;

namespace Larder.Controller.Tests.Caches;

/// <summary>Engines get ports that nobody has, now or later.</summary>
public sealed class PortAllocatorTests
{
    [Fact]
    public void Only_ports_that_nobody_has_are_given()
    {
        var free = Enumerable.Range(PortAllocator.First, 100).Where(port => PortAllocator.IsFree(IPAddress.Loopback, port)).Take(3).ToList();
        var taken = Enumerable.Range(PortAllocator.First, PortAllocator.Last - PortAllocator.First + 1).Except(free).ToHashSet();
        Assert.Equal(free, PortAllocator.Find(IPAddress.Loopback, 3, taken, new Random(1)).Order());
        Assert.Contains("not 4 free ports", Assert.Throws<InvalidOperationException>(() => PortAllocator.Find(IPAddress.Loopback, 4, taken, new Random(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ports_at_which_nodes_will_be_served_are_the_gateways_before_there_are_such_nodes()
    {
        var host = new HostIdentity { Name = "it", TlsPort = 1, PlainPort = 2, NodeTlsPort = 20_000, NodePlainPort = 21_000 };
        Assert.Equal([1, 2, .. Enumerable.Range(20_000, 40), .. Enumerable.Range(21_000, 40)], host.ClientPorts);
    }
}
