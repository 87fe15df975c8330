using System.Collections.Concurrent;
using System.Text.Json;
using Larder.Host.Cli;
using Larder.Host.Client;
using Larder.Management.Contracts;
using Larder.Model.Operations;
using Larder.Model.Status;

namespace Larder.Host.Tests.Cli;

/// <summary><c>up</c>: what it checks before it starts anything, the one daemon it starts, what it waits for, what it says.</summary>
public sealed class UpTests : IAsyncDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly ConcurrentBag<FakeDaemon> _daemons = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var daemon in _daemons)
        {
            await daemon.DisposeAsync();
        }

        _home.Dispose();
    }

    [Fact]
    public async Task A_bad_file_is_refused_before_anything_is_made_or_started()
    {
        var setup = new CommandRun.Setup();
        var run = await CommandRun.OfAsync(_home.Home, "up bad.yaml", setup);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("redis.capacity: 6 is not allowed", run.Error, StringComparison.Ordinal);
        Assert.Empty(setup.Calls);
    }

    [Fact]
    public async Task A_home_that_cannot_be_used_is_refused_before_anything_is_started()
    {
        var setup = new CommandRun.Setup { HomeProblem = CliException.Refused("home_unusable", "The home is a file.") };
        var run = await CommandRun.OfAsync(_home.Home, "up good.yaml", setup);
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("larder: The home is a file.\n", run.Error);
    }

    [Fact]
    public async Task It_starts_a_daemon_applies_the_file_waits_and_says_how_to_connect()
    {
        var starter = new FakeStarter(() => StartAsync(daemon => daemon.Caches["orders"] = Samples.Cache()));
        var run = await UpAsync("up good.yaml", starter);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(1, starter.Starts);
        Assert.Equal(
            $"""
            starting the daemon for {_home.Root}
            note: The host has little memory.
            bringing up orders: accepted (0 %)
            bringing up orders: starting engines (40 %)
            bringing up orders: in sync (100 %)

            """,
            run.Error);
        Golden.Equal(
            """
            orders is ready: redis 7.0.15, 1 primary and 1 replica in sync.

              host     localhost
              port     6380 (TLS)
              CA file  /home/ada/.larder/ca/ca.crt
              key      larder keys orders

              redis-cli:
                REDISCLI_AUTH="$(larder keys orders --primary)" redis-cli -h localhost -p 6380 --tls --cacert /home/ada/.larder/ca/ca.crt --sni orders.redis.localhost
              StackExchange.Redis (add the key as password):
                localhost:6380,ssl=True,sslHost=orders.redis.localhost,abortConnect=False
                options.TrustIssuer("/home/ada/.larder/ca/ca.crt");
            """,
            run.Out);
        Assert.DoesNotContain(Samples.Keys.Primary, run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_home_given_by_option_is_in_the_lines_to_copy()
    {
        var starter = new FakeStarter(() => StartAsync(daemon => daemon.Caches["orders"] = Samples.Cache()));
        var run = await UpAsync($"up good.yaml --home {_home.Root}", starter);
        Assert.Contains($"$(larder --home {_home.Root} keys orders --primary)", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_json_it_is_the_cache_and_nothing_else()
    {
        var starter = new FakeStarter(() => StartAsync(daemon => daemon.Caches["orders"] = Samples.Cache()));
        var run = await UpAsync("up good.yaml -o json", starter);
        Assert.Equal("Ready", JsonDocument.Parse(run.Out).RootElement.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_running_daemon_is_used()
    {
        await StartAsync(daemon => daemon.Caches["orders"] = Samples.Cache());
        var run = await CommandRun.OfAsync(_home.Home, "up good.yaml");
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("starting the daemon", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_is_to_change_it_waits_until_the_cache_is_ready_again()
    {
        await StartAsync(daemon =>
        {
            var looks = 0;
            daemon.Apply = () => FakeDaemon.Json(new ApplyView(Samples.CreatePlan with { Kind = "none", Warnings = [] }, null));
            daemon.Show = name => Samples.Cache(name, Interlocked.Increment(ref looks) < 3 ? CacheState.Degraded : CacheState.Ready, looks < 3 ? "a replica is syncing" : "");
        });
        var run = await CommandRun.OfAsync(_home.Home, "up good.yaml");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("waiting for orders: Degraded a replica is syncing (50 %)\n", run.Error);
    }

    [Fact]
    public async Task A_cache_that_failed_is_not_waited_for()
    {
        await StartAsync(daemon => daemon.Caches["orders"] = Samples.Cache(state: CacheState.Failed, message: "The disk is full."));
        var run = await CommandRun.OfAsync(_home.Home, "up good.yaml");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("larder: orders is Failed: The disk is full.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusals_are_listed_with_exit_code_2()
    {
        await StartAsync(daemon => daemon.Apply = () => FakeDaemon.Error(422, "refused", "orders was not changed, since this is refused:", "redis.persistence: fixed at creation."));
        var run = await CommandRun.OfAsync(_home.Home, "up good.yaml");
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("larder: orders was not changed, since this is refused:\n  redis.persistence: fixed at creation.\n", run.Error);
    }

    [Fact]
    public async Task A_creation_that_was_undone_exits_2()
    {
        await StartAsync(daemon => daemon.Operation =
            [Samples.Operation("starting engines", 40, OperationState.Failed, new OperationError("disk_full", "The disk is full.", Undone: true))]);
        Assert.Equal(2, (await CommandRun.OfAsync(_home.Home, "up good.yaml")).ExitCode);
    }

    [Fact]
    public async Task Without_a_file_it_shows_the_caches_there_are()
    {
        var starter = new FakeStarter(() => StartAsync(daemon => daemon.Caches["orders"] = Samples.Cache()));
        var run = await UpAsync("up", starter);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith($"The daemon runs (process {Environment.ProcessId}, home {_home.Root}).\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("orders", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_daemon_that_cannot_start_says_why_with_its_own_exit_code(int exitCode)
    {
        var error = new ErrorView("store_unusable", "The store is of a newer Larder.", ["schema 9"]);
        var run = await UpAsync("up good.yaml", new FakeStarter(() => Task.FromResult(new DaemonHandshake(false, null, exitCode, error))));
        Assert.Equal(exitCode, run.ExitCode);
        Assert.EndsWith("larder: The store is of a newer Larder.\n  schema 9\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_that_says_nothing_is_a_failure_with_the_logs_last_lines()
    {
        var run = await UpAsync("up good.yaml", new FakeStarter(() => throw new DaemonStartFailedException("The daemon was not ready within 30 s.", ["line 1", "line 2"])));
        Assert.Equal(1, run.ExitCode);
        Assert.EndsWith("larder: The daemon was not ready within 30 s.\n  line 1\n  line 2\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_at_the_same_time_start_one_daemon()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var starter = new FakeStarter(async () =>
        {
            begun.SetResult();
            await released.Task;
            return await StartAsync(daemon => daemon.Caches["orders"] = Samples.Cache());
        });
        var calls = Enumerable.Range(0, 4).Select(_ => Task.Run(() => UpAsync("up", starter))).ToList();
        await begun.Task;
        released.SetResult();
        var runs = await Task.WhenAll(calls);
        Assert.All(runs, run => Assert.Equal(0, run.ExitCode));
        Assert.Equal(1, starter.Starts);
    }

    [Fact]
    public async Task A_daemon_that_does_not_answer_is_not_started_a_second_time()
    {
        await StartAsync(_ => { });
        // Nobody answers behind this socket, although it takes connections.
        foreach (var daemon in _daemons)
        {
            await daemon.DisposeAsync();
        }

        using var silent = new SilentSocket(_home.Home);
        var setup = new CommandRun.Setup();
        var run = await CommandRun.OfAsync(_home.Home, "up good.yaml", setup);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"The daemon of {_home.Root} did not answer within 5 s.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupted_while_it_waits_it_says_that_the_work_goes_on()
    {
        using var interrupt = new CancellationTokenSource();
        await StartAsync(daemon => daemon.Show = name =>
        {
            interrupt.Cancel();
            return Samples.Cache(name, CacheState.Degraded);
        });
        var run = await CommandRun.OfAsync(_home.Home, "up good.yaml", null, interrupt.Token);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("What the daemon has begun goes on", run.Error, StringComparison.Ordinal);
    }

    private Task<CommandRun> UpAsync(string commandLine, FakeStarter starter) =>
        CommandRun.OfAsync(_home.Home, commandLine, new CommandRun.Setup { Starter = _ => starter });

    private async Task<DaemonHandshake> StartAsync(Action<FakeDaemon> prepare)
    {
        var daemon = await FakeDaemon.StartAsync(_home.Home);
        prepare(daemon);
        _daemons.Add(daemon);
        return new DaemonHandshake(true, Environment.ProcessId, null, null);
    }
}
