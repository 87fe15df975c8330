using System.Text.Json;
using Larder.Management.Contracts;

namespace Larder.Host.Tests.Cli;

/// <summary><c>larder events</c>: a table, a list that grows, and JSON.</summary>
public sealed class EventsVerbTests : IAsyncLifetime
{
    private readonly TemporaryHome _home = new();
    private FakeDaemon _daemon = null!;

    public async ValueTask InitializeAsync()
    {
        _daemon = await FakeDaemon.StartAsync(_home.Home);
        _daemon.Caches["orders"] = Samples.Cache();
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task A_cache_to_which_nothing_has_happened_says_so()
    {
        var run = await RunAsync("events orders");
        Assert.Equal((0, "Nothing has happened to orders yet.\n"), (run.ExitCode, run.Out));
        Assert.Equal("[]\n", (await RunAsync("events orders -o json")).Out);
    }

    [Fact]
    public async Task Events_are_a_table_with_the_oldest_first()
    {
        _daemon.Events = [Lost(7), Promoted(8)];
        Golden.Equal(
            """
            TIME (UTC)               EVENT            SHARD  NODE  EPOCH  MESSAGE
            2026-03-01 12:00:07.000  PrimaryLost      0      0     1      Node 0 is it no more.
            2026-03-01 12:00:08.000  PrimaryPromoted  0      1     2      Node 1 is it ?[31mnow.
            """,
            (await RunAsync("events orders")).Out);
        Assert.Equal([8L], Sequences((await RunAsync("events orders --last 1 -o json")).Out));
    }

    [Fact]
    public async Task Following_goes_on_after_the_last_one_that_was_shown()
    {
        (_daemon.Events, _daemon.Later) = ([Lost(7)], [Promoted(8)]);
        var run = await RunAsync("events orders --follow");
        Assert.Equal(0, run.ExitCode);
        Golden.Equal(
            """
            2026-03-01 12:00:07.000  PrimaryLost         Node 0 is it no more.
            2026-03-01 12:00:08.000  PrimaryPromoted     Node 1 is it ?[31mnow.
            """,
            run.Out);
        Assert.Contains("FOLLOW 7", _daemon.Requests);
        var lines = (await RunAsync("events orders -f -o json")).Out.TrimEnd().Split('\n');
        Assert.Equal(["PrimaryLost", "PrimaryPromoted"], lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("kind").GetString()));
    }

    [Theory]
    [InlineData("events nobody", "There is no cache named 'nobody'")]
    [InlineData("events", "Required argument missing")]
    [InlineData("events orders --last 0", "--last must be 1 or more")]
    [InlineData("events orders --last many", "many")]
    public async Task Bad_input_is_refused_by_name(string commandLine, string named)
    {
        var run = await RunAsync(commandLine);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(named, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    private static EventView Lost(int second) =>
        new(second, Samples.Noon.AddSeconds(second), "PrimaryLost", "orders", 0, 0, 1, "Node 0 is it no more.");

    private static EventView Promoted(int second) =>
        new(second, Samples.Noon.AddSeconds(second), "PrimaryPromoted", "orders", 0, 1, 2, "Node 1 is it \e[31mnow.");

    private static IEnumerable<long> Sequences(string json) =>
        JsonDocument.Parse(json).RootElement.EnumerateArray().Select(happened => happened.GetProperty("sequence").GetInt64());

    private Task<CommandRun> RunAsync(string commandLine) => CommandRun.OfAsync(_home.Home, commandLine);
}
