using System.Net;
using Larder.Model.Specs;

namespace Larder.Model.Tests.Specs;

/// <summary>Ranges of firewall rules.</summary>
public sealed class AddressRangeTests
{
    [Theory]
    [InlineData("10.0.0.5", "10.0.0.5", "10.0.0.4", "10.0.0.6")]
    [InlineData("10.0.0.5-10.0.1.2", "10.0.0.255", "10.0.0.4", "10.0.1.3")]
    [InlineData("10.0.0.0/24", "10.0.0.255", "9.255.255.255", "10.0.1.0")]
    [InlineData("10.0.0.0/30", "10.0.0.3", "9.255.255.255", "10.0.0.4")]
    [InlineData("192.168.1.7/32", "192.168.1.7", "192.168.1.6", "192.168.1.8")]
    [InlineData("fd00::/64", "fd00::ffff:ffff:ffff:ffff", "fcff::1", "fd00:0:0:1::")]
    [InlineData("::1", "::1", "::", "::2")]
    public void A_range_has_its_ends_and_nothing_beside_them(string text, string inside, string below, string above)
    {
        var range = AddressRange.Parse(text)!;
        Assert.True(range.Contains(range.First));
        Assert.True(range.Contains(range.Last));
        Assert.True(range.Contains(IPAddress.Parse(inside)));
        Assert.False(range.Contains(IPAddress.Parse(below)));
        Assert.False(range.Contains(IPAddress.Parse(above)));
    }

    [Fact]
    public void Everything_is_a_range_too_but_of_one_family()
    {
        Assert.True(AddressRange.Parse("0.0.0.0/0")!.Contains(IPAddress.Parse("203.0.113.9")));
        Assert.False(AddressRange.Parse("0.0.0.0/0")!.Contains(IPAddress.Parse("2001:db8::1")));
        Assert.True(AddressRange.Parse("0.0.0.0/0")!.Contains(IPAddress.Parse("::ffff:203.0.113.9")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.2-10.0.0.1")]
    [InlineData("10.0.0.1-fd00::1")]
    [InlineData("10.0.0.1-10.0.0.2-10.0.0.3")]
    [InlineData("10.0.0.0/33")]
    [InlineData("office")]
    public void What_is_no_range_is_none(string text) => Assert.Null(AddressRange.Parse(text));
}
