using Larder.Compat.Engines;
using Larder.Fuzz;

namespace Larder.Gateway.Tests;

/// <summary>A short run of the fuzz (bench/fuzz has the long one).</summary>
public sealed class FuzzTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_parsers_find_the_same_in_whatever_pieces_bytes_come(int seed) => ParserFuzz.Run(seed, 40_000);

    [Fact]
    public async Task Spoilt_sessions_leave_nothing_behind_and_get_nothing_of_others()
    {
        var installation = await InstalledEngines.FindAsync("redis 7.0");
        Assert.SkipWhen(installation is null, "redis 7.0 is not on this machine ('tools/install-test-tools' puts it there).");
        await new SessionFuzz(installation!, seed: 1).RunAsync(sessions: 300, atOnce: 16);
    }
}
