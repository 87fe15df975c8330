using System.Text.Json;
using Larder.EndToEnd.Tests.Harness;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>The main job: one command gives a secure, replicated cache, and every verb shows it as the contract says.</summary>
public sealed class UpTests
{
    [Fact]
    public async Task Up_gives_a_ready_cache_whose_show_has_all_that_is_promised()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());

        var cache = await larder.ShowAsync("dev");
        Assert.Equal("dev", cache.GetProperty("name").GetString());
        Assert.Equal("Ready", cache.GetProperty("state").GetString());
        Assert.Equal("redis", cache.GetProperty("engine").GetString());
        Assert.Matches(@"^\d+\.\d+\.\d+$", cache.GetProperty("version").GetString());
        var endpoint = cache.GetProperty("endpoint");
        Assert.Equal("localhost", endpoint.GetProperty("host").GetString());
        Assert.Equal(larder.TlsPort, endpoint.GetProperty("tlsPort").GetInt32());
        Assert.Equal(JsonValueKind.Null, endpoint.GetProperty("plainPort").ValueKind);
        Assert.True(File.Exists(endpoint.GetProperty("caFile").GetString()));
        var shard = Assert.Single(cache.GetProperty("shards").EnumerateArray().ToArray());
        Assert.Equal(0, shard.GetProperty("id").GetInt32());
        Assert.Equal(1, shard.GetProperty("epoch").GetInt64());
        Assert.Equal("0-16383", shard.GetProperty("slots").GetString());
        var nodes = Installation.Nodes(cache);
        Assert.Equal(["primary", "replica"], nodes.Select(node => node.GetProperty("role").GetString()!).Order());
        Assert.All(nodes, node =>
        {
            Assert.Equal("InSync", node.GetProperty("state").GetString());
            Assert.True(node.GetProperty("pid").GetInt32() > 1);
            Assert.Equal(JsonValueKind.Number, node.GetProperty("replicationOffset").ValueKind);
            foreach (var name in new[] { "ordinal", "host", "zone", "tlsPort", "plainPort", "lagBytes" })
            {
                Assert.True(node.TryGetProperty(name, out _), $"a node has no {name}");
            }
        });
    }

    [Fact]
    public async Task An_ordinary_client_writes_and_reads_over_tls_and_both_keys_work()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        foreach (var which in new[] { "primary", "secondary" })
        {
            await using var redis = await larder.ConnectAsync("dev", which);
            var database = redis.GetDatabase();
            Assert.True(await database.StringSetAsync("who", which));
            Assert.Equal(which, await database.StringGetAsync("who"));
        }

        var denied = await larder.ClientAsync("dev");
        denied.Password = "not-the-key";
        denied.ConnectRetry = 0;
        denied.ConnectTimeout = 2000;
        await Assert.ThrowsAsync<RedisConnectionException>(async () => await ConnectionMultiplexer.ConnectAsync(denied));
    }

    [Fact]
    public async Task Without_a_key_nothing_is_answered_but_noauth()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        var answer = await Command.RunAsync(
            "redis-cli", ["--tls", "--cacert", larder.CaFile, "-h", "localhost", "-p", $"{larder.TlsPort}", "PING"]);
        Assert.Contains("NOAUTH", answer.Output + answer.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("PONG", answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Down_keeps_the_data_and_up_brings_it_back()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        await using (var redis = await larder.ConnectAsync("dev"))
        {
            await redis.GetDatabase().StringSetAsync("kept", "yes");
        }

        (await larder.RunAsync("down")).Succeeded();
        Assert.Empty(Installation.ProcessesOf(larder.Home));
        (await larder.RunAsync("up", "--detach")).Succeeded();
        await larder.WaitAsync("dev", "Ready", Installation.IsReady);
        await using var again = await larder.ConnectAsync("dev");
        Assert.Equal("yes", await again.GetDatabase().StringGetAsync("kept"));
    }

    [Fact]
    public async Task The_plain_port_is_open_only_when_asked_for()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        Assert.NotEqual(0, (await Command.RunAsync("redis-cli", ["-p", $"{larder.PlainPort}", "PING"])).ExitCode);

        (await larder.RunAsync("apply", larder.DevelopmentSpec(more: "  non_ssl_port: true"))).Succeeded();
        var key = await larder.KeyAsync("dev");
        var answer = await Command.RunAsync("redis-cli", ["-p", $"{larder.PlainPort}", "PING"], new Dictionary<string, string> { ["REDISCLI_AUTH"] = key });
        Assert.Equal("PONG", answer.Output.Trim());
        Assert.Equal(larder.PlainPort, (await larder.ShowAsync("dev")).GetProperty("endpoint").GetProperty("plainPort").GetInt32());
    }

    [Fact]
    public async Task Two_caches_share_the_port_by_server_name()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec("one"));
        await larder.UpAsync(larder.DevelopmentSpec("two"));
        await using var one = await larder.ConnectAsync("one");
        await using var two = await larder.ConnectAsync("two");
        await one.GetDatabase().StringSetAsync("name", "one");
        await two.GetDatabase().StringSetAsync("name", "two");
        Assert.Equal("one", await one.GetDatabase().StringGetAsync("name"));
        Assert.Equal("two", await two.GetDatabase().StringGetAsync("name"));

        var ambiguous = await Command.RunAsync(
            "redis-cli", ["--tls", "--insecure", "-h", "127.0.0.1", "-p", $"{larder.TlsPort}", "PING"],
            new Dictionary<string, string> { ["REDISCLI_AUTH"] = await larder.KeyAsync("one") });
        Assert.Contains("one.redis.localhost", ambiguous.Output + ambiguous.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Regenerating_one_key_leaves_the_clients_of_the_other_alone()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        var old = await larder.KeyAsync("dev");
        await using var secondary = await larder.ConnectAsync("dev", "secondary");
        var failures = 0;
        secondary.ConnectionFailed += (_, _) => Interlocked.Increment(ref failures);

        var keys = (await larder.RunAsync("regenerate-key", "dev", "primary", "--output", "json")).Succeeded().Json;
        Assert.NotEqual(old, keys.GetProperty("primary").GetString());
        Assert.Matches("^[0-9A-Za-z]{33}AzCa[A-P][0-9A-Za-z]{5}=$", keys.GetProperty("primary").GetString());

        Assert.True(await secondary.GetDatabase().StringSetAsync("still", "here"));
        Assert.Equal(0, failures);
        await using var fresh = await larder.ConnectAsync("dev");
        Assert.Equal("here", await fresh.GetDatabase().StringGetAsync("still"));
        var refused = await Command.RunAsync(
            "redis-cli", ["--tls", "--cacert", larder.CaFile, "-h", "localhost", "-p", $"{larder.TlsPort}", "PING"],
            new Dictionary<string, string> { ["REDISCLI_AUTH"] = old });
        Assert.Contains("WRONGPASS", refused.Output + refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_removes_the_cache_with_its_processes_and_data()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        Assert.Equal(2, (await larder.RunAsync("delete", "dev")).ExitCode);
        (await larder.RunAsync("delete", "dev", "--yes")).Succeeded();
        Assert.Equal(2, (await larder.RunAsync("show", "dev")).ExitCode);
        Assert.Equal("[]", (await larder.RunAsync("list", "--output", "json")).Succeeded().Output.Trim());
        Assert.False(Directory.Exists(Path.Combine(larder.Home, "caches", "dev")));
        Assert.DoesNotContain(Installation.ProcessesOf(larder.Home), process => process.Contains("redis-server", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Apply_changes_the_memory_of_a_running_cache()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        var pids = Installation.Nodes(await larder.ShowAsync("dev")).Select(node => node.GetProperty("pid").GetInt32()).ToList();
        var larger = larder.Spec("name: dev\npreset: development\nengine: redis\nmemory_mb: 128\n");
        var plan = (await larder.RunAsync("plan", larger, "--output", "json")).Succeeded().Json;
        Assert.Equal("update", plan.GetProperty("kind").GetString());
        Assert.Contains("memory_mb", plan.GetProperty("changes").ToString(), StringComparison.Ordinal);
        (await larder.RunAsync("apply", larger)).Succeeded();
        var cache = await larder.ShowAsync("dev");
        Assert.Equal(128L << 20, cache.GetProperty("memoryBytes").GetInt64());
        Assert.Equal(pids, Installation.Nodes(cache).Select(node => node.GetProperty("pid").GetInt32()));
        var info = await larder.RedisCliAsync("dev", "INFO", "memory");
        Assert.Contains($"maxmemory:{(128L << 20) / 100 * 80}", info.Output, StringComparison.Ordinal);
        Assert.Equal("none", (await larder.RunAsync("plan", larger, "--output", "json")).Succeeded().Json.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task The_artifact_lets_an_application_connect()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        var artifact = (await larder.RunAsync("show", "dev", "--artifact")).Succeeded().Json;
        var authentication = artifact.GetProperty("data").GetProperty("authentication");
        Assert.Equal("", authentication.GetProperty("username").GetString());
        Assert.Equal(larder.TlsPort, authentication.GetProperty("port").GetInt32());
        Assert.Equal(await larder.KeyAsync("dev"), authentication.GetProperty("password").GetString());
        Assert.Equal("redis", artifact.GetProperty("specs").GetProperty("cache").GetProperty("engine").GetString());
    }
}
