using System.Text.Json;
using Larder.Model.Operations;
using Larder.Model.Status;

namespace Larder.Host.Tests.Cli;

/// <summary>Verbs against a daemon that answers as the contract says: their text, their JSON, their exit codes.</summary>
public sealed class ClientVerbTests : IAsyncLifetime
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
    public async Task List_without_caches_says_how_to_make_one()
    {
        var run = await RunAsync("list");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("There are no caches yet. Make one with: larder up examples/development.yaml\n", run.Out);
        Assert.Equal("[]\n", (await RunAsync("list -o json")).Out);
    }

    [Fact]
    public async Task List_shows_a_row_for_each_cache()
    {
        _daemon.Caches["orders"] = Samples.Cache();
        _daemon.Caches["carts"] = Samples.Cache("carts", CacheState.Updating, "adding memory");
        Golden.Equal(
            """
            NAME    STATE     ENGINE        NODES        MEMORY  HOST       TLS PORT  MESSAGE
            carts   Updating  redis 7.0.15  1/2 in sync  64 MiB  localhost  6380      adding memory
            orders  Ready     redis 7.0.15  2/2 in sync  64 MiB  localhost  6380      -
            """,
            (await RunAsync("list")).Out);
        var json = JsonDocument.Parse((await RunAsync("list --output json")).Out).RootElement;
        Assert.Equal(["carts", "orders"], json.EnumerateArray().Select(cache => cache.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Show_tells_the_endpoint_and_the_nodes()
    {
        _daemon.Caches["orders"] = Samples.Cache();
        Golden.Equal(
            """
            name        orders
            state       Ready
            engine      redis 7.0.15
            host        localhost
            TLS port    6380
            plain port  off
            server name orders.redis.localhost
            CA file     /home/ada/.larder/ca/ca.crt
            memory      64 MiB a node
            clients     at most 7500
            created     2026-03-01 12:00:00 UTC

            SHARD  EPOCH  NODE  ROLE     STATE   HOST   PID   OFFSET  LAG  RESTARTS  MESSAGE
            0      1      0     primary  InSync  host1  4242  1096    0    0         -
            0      1      1     replica  InSync  host1  4243  1096    0    0         -
            """,
            (await RunAsync("show orders")).Out);
    }

    [Fact]
    public async Task Show_as_json_is_the_daemons_answer_with_its_spec()
    {
        _daemon.Caches["orders"] = Samples.Cache();
        var cache = JsonDocument.Parse((await RunAsync("show orders -o json")).Out).RootElement;
        Assert.Equal("Ready", cache.GetProperty("state").GetString());
        Assert.Equal(6380, cache.GetProperty("endpoint").GetProperty("tlsPort").GetInt32());
        Assert.Equal(JsonValueKind.Null, cache.GetProperty("endpoint").GetProperty("plainPort").ValueKind);
        Assert.Equal("orders", cache.GetProperty("spec").GetProperty("name").GetString());
        var node = cache.GetProperty("shards")[0].GetProperty("nodes")[1];
        Assert.Equal("replica", node.GetProperty("role").GetString());
        Assert.Equal("InSync", node.GetProperty("state").GetString());
        Assert.Equal(0, node.GetProperty("lagBytes").GetInt64());
    }

    [Fact]
    public async Task Show_artifact_prints_the_artifact()
    {
        var artifact = JsonDocument.Parse((await RunAsync("show orders --artifact")).Out).RootElement;
        Assert.Equal(6380, artifact.GetProperty("data").GetProperty("authentication").GetProperty("port").GetInt32());
    }

    [Fact]
    public async Task An_unknown_cache_is_bad_input()
    {
        var run = await RunAsync("show nobody");
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("larder: There is no cache named 'nobody'. There are none yet.\n", run.Error);
    }

    [Fact]
    public async Task Text_from_a_daemon_cannot_drive_the_terminal()
    {
        _daemon.Caches["orders"] = Samples.Cache(message: "engine said \e[31m[red]boom\a");
        var run = await RunAsync("list");
        Assert.DoesNotContain(run.Out, character => char.IsControl(character) && character != '\n');
        Assert.Contains("engine said ?[31m[red]boom?", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_are_exactly_the_two_keys()
    {
        _daemon.Caches["orders"] = Samples.Cache();
        Golden.Equal(
            """
            primary    PrimaryPrimaryPrimaryPrimaryPrimaryAzCaAabcde=
            secondary  SecondarySecondarySecondarySecondAzCaBabcde=
            """,
            (await RunAsync("keys orders")).Out);
        var json = JsonDocument.Parse((await RunAsync("keys orders -o json")).Out).RootElement;
        Assert.Equal(["primary", "secondary"], json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(Samples.Keys.Primary + "\n", (await RunAsync("keys orders --primary")).Out);
        Assert.Equal(Samples.Keys.Secondary + "\n", (await RunAsync("keys orders --secondary")).Out);
    }

    [Fact]
    public async Task Regenerate_key_sends_the_key_and_prints_none_unless_asked()
    {
        var run = await RunAsync("regenerate-key orders secondary");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("""POST /v1/caches/orders/regenerate-key {"keyType":"secondary","user":null}""", _daemon.Requests);
        Assert.DoesNotContain(Samples.Keys.Secondary, run.Out, StringComparison.Ordinal);
        Assert.Contains("larder keys orders --secondary", run.Out, StringComparison.Ordinal);

        run = await RunAsync("regenerate-key orders primary --user app");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("""POST /v1/caches/orders/regenerate-key {"keyType":"primary","user":"app"}""", _daemon.Requests);
        Assert.Contains("larder keys orders --primary --user app", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_shows_what_would_be_created()
    {
        var run = await RunAsync("plan good.yaml");
        Assert.Equal(0, run.ExitCode);
        Golden.Equal(
            """
            orders would be created on redis 7.0.15.

               FIELD           FROM  TO  EFFECT
            +  redis.capacity  -     1   -

            Worth knowing:
              The host has little memory.
            """,
            run.Out);
        Assert.Contains("""POST /v1/plan {"name":"orders"}""", _daemon.Requests);
    }

    [Fact]
    public async Task Plan_with_a_refusal_exits_2_and_shows_it()
    {
        _daemon.Plan = () => FakeDaemon.Json(Samples.RefusedPlan);
        var run = await RunAsync("plan good.yaml");
        Assert.Equal(2, run.ExitCode);
        Golden.Equal(
            """
            orders cannot be changed like this; nothing is changed.

               FIELD           FROM  TO  EFFECT
            ~  redis.capacity  1     2   Memory grows; clients notice nothing.
            -  memory_mb       64    -   -

            Refused:
              redis.persistence (RDB -> AOF): Persistence is fixed at creation.
                Make a new cache and copy the data.
            """,
            run.Out);
        var json = await RunAsync("plan good.yaml -o json");
        Assert.Equal(2, json.ExitCode);
        Assert.Equal("redis.persistence", JsonDocument.Parse(json.Out).RootElement.GetProperty("refusals")[0].GetProperty("field").GetString());
    }

    [Fact]
    public async Task Apply_follows_the_operation_one_line_a_phase()
    {
        _daemon.Caches["orders"] = Samples.Cache();
        _daemon.Operation =
        [
            Samples.Operation("accepted", 0), Samples.Operation("starting engines", 10), Samples.Operation("starting engines", 40),
            Samples.Operation("in sync", 100, OperationState.Succeeded),
        ];
        var run = await RunAsync("apply good.yaml");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            "applying orders: accepted (0 %)\napplying orders: starting engines (10 %)\napplying orders: in sync (100 %)\n", run.Error);
        Assert.StartsWith("name        orders\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_without_waiting_names_the_operation()
    {
        var run = await RunAsync("apply good.yaml --no-wait -o json");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("0a", JsonDocument.Parse(run.Out).RootElement.GetProperty("operationId").GetString());
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public async Task A_failed_operation_exits_2_only_where_all_is_as_before(bool undone, int exitCode)
    {
        var error = new OperationError("engine_does_not_start", "redis-server ended: bad line 3.", undone);
        _daemon.Operation = [Samples.Operation("starting engines", 40, OperationState.Failed, error)];
        var run = await RunAsync("apply good.yaml -o json");
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains("larder: redis-server ended: bad line 3.", run.Error, StringComparison.Ordinal);
        Assert.Equal("engine_does_not_start", JsonDocument.Parse(run.Out).RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(400, 2)]
    [InlineData(409, 2)]
    [InlineData(422, 2)]
    [InlineData(500, 1)]
    [InlineData(503, 1)]
    public async Task A_daemons_refusal_exits_2_and_its_failure_1(int status, int exitCode)
    {
        _daemon.Apply = () => FakeDaemon.Error(status, "word", "No.", "first reason", "second reason");
        var run = await RunAsync("apply good.yaml");
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal("larder: No.\n  first reason\n  second reason\n", run.Error);
    }

    [Fact]
    public async Task Apply_that_changes_nothing_says_so()
    {
        _daemon.Caches["orders"] = Samples.Cache();
        _daemon.Apply = () => FakeDaemon.Json(new Larder.Management.Contracts.ApplyView(Samples.CreatePlan, null));
        var run = await RunAsync("apply good.yaml");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("orders: nothing to change.\n", run.Error);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_a_failure_that_says_how_to_go_on()
    {
        _daemon.Operation = [Samples.Operation("starting engines", 40)];
        var run = await RunAsync("apply good.yaml");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("'larder up' starts it again", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_asks_for_the_name_and_takes_no_other_answer()
    {
        _daemon.Caches["orders"] = Samples.Cache();
        var refused = await CommandRun.OfAsync(_home.Home, "delete orders", new CommandRun.Setup { Input = "yes\n" });
        Assert.Equal(2, refused.ExitCode);
        Assert.DoesNotContain("DELETE orders", _daemon.Requests);
        var done = await CommandRun.OfAsync(_home.Home, "delete ORDERS", new CommandRun.Setup { Input = "orders\n" });
        Assert.Equal(0, done.ExitCode);
        Assert.Contains("DELETE orders", _daemon.Requests);
    }

    [Fact]
    public async Task Delete_without_a_terminal_needs_yes()
    {
        _daemon.Caches["orders"] = Samples.Cache();
        var refused = await RunAsync("delete orders");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("larder delete orders --yes", refused.Error, StringComparison.Ordinal);
        Assert.Empty(_daemon.Requests);
        Assert.Equal(0, (await RunAsync("delete orders --yes")).ExitCode);
        Assert.Equal(2, (await RunAsync("delete nobody --yes")).ExitCode);
    }

    [Fact]
    public async Task Engines_lists_the_catalogue_with_its_problems()
    {
        Golden.Equal(
            """
            ENGINE  VERSION  ORIGIN    PATH
            redis   7.0.15   PATH      /usr/bin/redis-server
            garnet  2.2.8    embedded  /opt/larder/garnet/larder-garnet.dll

            garnet 2.2.8 lacks, against Redis:
              It has no streams.

            Found, and cannot be used:
              /opt/larder/engines/valkey-8.1/valkey-server: exec format error
            """,
            (await RunAsync("engines")).Out);
    }

    private Task<CommandRun> RunAsync(string commandLine) => CommandRun.OfAsync(_home.Home, commandLine);
}
