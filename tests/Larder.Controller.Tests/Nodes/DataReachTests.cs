using Larder.Controller.Nodes;

namespace Larder.Controller.Tests.Nodes;

/// <summary>Data that is not there, and data that cannot be got at.</summary>
public sealed class DataReachTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("larder-reach-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_not_there_and_what_is_there_can_be_got_at()
    {
        var there = Directory.CreateDirectory(Path.Combine(_folder, "there")).FullName;
        var link = Path.Combine(_folder, "link");
        Directory.CreateSymbolicLink(link, there);
        DataReach.Require([Path.Combine(_folder, "never"), there, link]);
    }

    [Fact]
    public void A_link_to_what_is_not_there_cannot_be_followed_and_the_error_names_both()
    {
        var link = Path.Combine(_folder, "link");
        Directory.CreateSymbolicLink(link, "/nowhere/data");
        var error = Assert.Throws<IOException>(() => DataReach.Require([link]));
        Assert.Contains(link, error.Message, StringComparison.Ordinal);
        Assert.Contains("/nowhere/data", error.Message, StringComparison.Ordinal);
    }
}
