using System.Text;
using Larder.Gateway.Notices;
using Larder.Gateway.Tests.Harness;

namespace Larder.Gateway.Tests.Notices;

/// <summary>Patterns mean what they mean to a real engine.</summary>
public sealed class ChannelPatternTests
{
    private static readonly string[] Channels = ["AzureRedisEvents", "Azure", "a", "b", "-", "ab", "abc", "a*", "a?b", "[a]", "a\\b", "^", "aaab", "AzureRedisEvent"];

    [Theory]
    [InlineData("AzureRedisEvents", true)]
    [InlineData("Azure*", true)]
    [InlineData("*", true)]
    [InlineData("*Events*", true)]
    [InlineData("?zureRedis*s", true)]
    [InlineData("[A-C]zure*", true)]
    [InlineData("[^A]zure*", false)]
    [InlineData("azure*", false)]
    [InlineData("AzureRedisEvents?", false)]
    [InlineData("", false)]
    public void The_notices_channel_fits(string pattern, bool fits) =>
        Assert.Equal(fits, ChannelPattern.Matches(Encoding.Latin1.GetBytes(pattern), AzureEvents.Channel));

    [Fact]
    public async Task Any_pattern_fits_what_an_engine_says_it_fits()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var wire = await redis.ConnectAsync();
        foreach (var channel in Channels)
        {
            await wire.AskAsync("SET", channel, "1");
        }

        var random = new Random(20261127);
        for (var round = 0; round < 2000; round++)
        {
            var pattern = new string(random.GetItems<char>("aab*?[]^-\\cAz", random.Next(1, 8)));
            var expected = await wire.AskAsync("KEYS", pattern);
            var fitting = Channels.Where(channel => ChannelPattern.Matches(Encoding.Latin1.GetBytes(pattern), Encoding.Latin1.GetBytes(channel)));
            Assert.True(
                Sorted(expected.Trim('[', ']') is { Length: 0 } ? [] : await ReadKeysAsync(wire, pattern)) == Sorted(fitting), $"{pattern}: {expected}");
        }
    }

    [Fact]
    public void A_pattern_of_many_stars_takes_no_time() =>
        Assert.False(ChannelPattern.Matches(Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat("*a", 10_000))), Encoding.Latin1.GetBytes(new string('a', 5_000))));

    private static string Sorted(IEnumerable<string> names) => string.Join('\n', names.Order(StringComparer.Ordinal));

    private static async Task<IEnumerable<string>> ReadKeysAsync(Wire wire, string pattern)
    {
        await wire.SendAsync("EVAL", "return table.concat(redis.call('KEYS', ARGV[1]), '\\n')", "0", pattern);
        return (await wire.ReadAsync()).Split('\n');
    }
}
