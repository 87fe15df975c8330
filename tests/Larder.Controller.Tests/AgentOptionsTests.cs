
namespace Larder.Controller.Tests;

/// <summary>The relation between view bound, lease and probe interval.</summary>
public sealed class AgentOptionsTests
{
    [Fact]
    public void The_defaults_hold() => new AgentOptions().Validate();

    [Fact]
    public void A_view_that_outlives_the_lease_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => (new AgentOptions() with { ViewBound = TimeSpan.FromSeconds(3) }).Validate());
        Assert.Contains("00:00:03", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_probe_interval_that_lets_the_view_lapse_is_refused() =>
        Assert.Throws<ArgumentException>(() => (new AgentOptions() with { ProbeInterval = TimeSpan.FromSeconds(1.5) }).Validate());
}
