using System.Net;
using Larder.Security.Certificates;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Security.Tests.Certificates;

/// <summary>Names: their normal form, what is refused, and those of this host.</summary>
public sealed class ServerNamesTests
{
    [Fact]
    public void Create_MixedForms_Normalises()
    {
        var names = ServerNames.Create(["Orders.Example.", "orders.example", "B_c"], [IPAddress.Parse("::ffff:10.0.0.4"), IPAddress.Parse("fe80::1%2")]);

        Assert.Equal(["orders.example", "b_c"], names.DnsNames);
        Assert.Equal([IPAddress.Parse("10.0.0.4"), IPAddress.Parse("fe80::1")], names.Addresses);
        Assert.Equal("orders.example, b_c, 10.0.0.4, fe80::1", names.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("-leading.example")]
    [InlineData("a..b")]
    [InlineData("10.0.0.4")]
    [InlineData("bücher.example")]
    [InlineData("a,DNS=b")]
    public void Create_NotADnsName_IsRefusedByName(string name)
    {
        var exception = Assert.Throws<ArgumentException>(() => ServerNames.Create([name], []));

        Assert.Contains($"'{name}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_LongLabelOrName_IsRefused()
    {
        Assert.False(ServerNames.IsDnsName(new string('a', 64)));
        Assert.True(ServerNames.IsDnsName(new string('a', 63)));
        Assert.False(ServerNames.IsDnsName(string.Join('.', Enumerable.Repeat(new string('a', 63), 4))));
    }

    [Fact]
    public void Create_Nothing_IsRefused() => Assert.Throws<ArgumentException>(() => ServerNames.Create([], []));

    [Fact]
    public void Combine_AddsLoopbackAndTheAddress_AndLeavesOutWhatIsNoName()
    {
        var names = HostNames.Combine("BOX1", "box1.corp.example", IPAddress.Parse("10.0.0.4"));
        Assert.Equal(["localhost", "box1", "box1.corp.example"], names.DnsNames);
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback, IPAddress.Parse("10.0.0.4")], names.Addresses);

        Assert.Equal(["localhost"], HostNames.Combine("no name!", null, null).DnsNames);
        Assert.Equal(2, HostNames.Combine("box1", null, IPAddress.Any).Addresses.Length);
    }

    [Fact]
    public async Task DiscoverAsync_OnThisHost_HasLocalhostAndTheMachine()
    {
        var names = await HostNames.DiscoverAsync(null, new FakeTimeProvider(), TestContext.Current.CancellationToken);

        Assert.Contains("localhost", names.DnsNames);
        Assert.Contains(IPAddress.Loopback, names.Addresses);
        if (ServerNames.IsDnsName(Environment.MachineName))
        {
            Assert.Contains(Environment.MachineName.ToLowerInvariant(), names.DnsNames);
        }
    }
}
