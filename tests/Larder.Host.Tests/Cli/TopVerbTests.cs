using System.Text.Json;
using System.Text.RegularExpressions;
using Larder.Management.Contracts;
using Larder.Model.Status;

namespace Larder.Host.Tests.Cli;

/// <summary><c>larder top</c>: what caches do, again and again.</summary>
public sealed partial class TopVerbTests : IAsyncLifetime
{
    private readonly TemporaryHome _home = new();
    private FakeDaemon _daemon = null!;

    public async ValueTask InitializeAsync() => _daemon = await FakeDaemon.StartAsync(_home.Home);

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task Shards_are_drawn_with_what_they_have_and_do_as_often_as_is_wanted()
    {
        _daemon.Caches["orders"] = Clustered();
        var run = await RunAsync("top --count 2 --interval 0.1");
        const string Picture =
            """
            TIME  orders  Ready  1300 commands/s  24 keys  120 MiB used
            SHARD  SLOTS 0 TO 16383                  SLOTS  PRIMARY  COMMANDS/S  KEYS  USED    OF LIMIT  REPLICAS IN SYNC  FURTHEST BEHIND
            0      ################................  8192   node 0   1000        12    60 MiB  93 %      1/1               17 bytes
            1      ................################  8192   node 2   300         12    60 MiB  93 %      0/1               -
            """;
        Assert.Equal(0, run.ExitCode);
        Golden.Equal(Picture + "\n" + Picture, Time().Replace(run.Out, "TIME"));
    }

    [Fact]
    public async Task One_cache_is_shown_with_its_nodes_and_without_slots_where_it_has_no_shards()
    {
        _daemon.Caches["orders"] = Samples.Cache() with { Message = "one replica is away" };
        var run = await RunAsync("top orders --count 1");
        Golden.Equal(
            """
            TIME  orders  Ready  12 keys  1 MiB used  one replica is away
            SHARD  PRIMARY  COMMANDS/S  KEYS  USED   OF LIMIT  REPLICAS IN SYNC  FURTHEST BEHIND
            0      node 0   -           12    1 MiB  2 %       1/1               0 bytes
            SHARD  EPOCH  NODE  ROLE     STATE   HOST   PID   OFFSET  LAG  RESTARTS  MESSAGE
            0      1      0     primary  InSync  host1  4242  1096    0    0         -
            0      1      1     replica  InSync  host1  4243  1096    0    0         -
            """,
            Time().Replace(run.Out, "TIME"));
    }

    [Fact]
    public async Task Programs_get_a_line_for_each_look()
    {
        _daemon.Caches["orders"] = Clustered();
        var lines = (await RunAsync("top orders --count 3 --interval 0.1 -o json")).Out.TrimEnd().Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.Equal("orders", JsonDocument.Parse(line).RootElement.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Without_caches_it_says_how_to_make_one_and_an_interrupt_is_a_good_end()
    {
        Assert.Contains("There are no caches yet", (await RunAsync("top --count 1")).Out, StringComparison.Ordinal);
        using var interrupted = new CancellationTokenSource();
        var looks = 0;
        _daemon.Show = _ =>
        {
            if (Interlocked.Increment(ref looks) == 2)
            {
                interrupted.Cancel();
            }

            return Samples.Cache();
        };
        var run = await CommandRun.OfAsync(_home.Home, "top orders --interval 0.1", cancellationToken: interrupted.Token);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(2, looks);
    }

    [Theory]
    [InlineData("top nobody --count 1", "There is no cache named 'nobody'")]
    [InlineData("top --interval 0", "--interval is 0; it must be from 0.1 to 3600 seconds")]
    [InlineData("top --interval soon", "soon")]
    [InlineData("top --count 0", "--count is 0; it must be 1 or more")]
    public async Task Bad_input_is_refused_by_name(string commandLine, string named)
    {
        var run = await RunAsync(commandLine);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(named, run.Error, StringComparison.Ordinal);
    }

    private static CacheView Clustered()
    {
        NodeView Node(int ordinal, long? load, long? lag, NodeState state = NodeState.InSync) => new(
            ordinal, ordinal % 2 == 0 ? "primary" : "replica", state, "host1", null, 4242 + ordinal, 15000 + ordinal, null, 1096, lag, 60 << 20, 12, 0, "")
        {
            OperationsPerSecond = load,
        };
        return Samples.Cache() with
        {
            Shards =
            [
                new ShardView(0, 1, "0-8191", [Node(0, 1000, 0), Node(1, 900, 17)]),
                new ShardView(1, 1, "8192-16383", [Node(2, 300, 0), Node(3, null, null, NodeState.Down)]),
            ],
        };
    }

    private Task<CommandRun> RunAsync(string commandLine) => CommandRun.OfAsync(_home.Home, commandLine);

    [GeneratedRegex("^[0-9:]{8}", RegexOptions.Multiline)]
    private static partial Regex Time();
}
