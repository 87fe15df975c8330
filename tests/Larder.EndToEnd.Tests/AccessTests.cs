using Larder.EndToEnd.Tests.Harness;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>Users, access policies and firewall rules from the file to the client, with a real client library.</summary>
public sealed class AccessTests
{
    private const string Users = """
        access:
          policies: { orders-writer: "+@read +@connection +set ~orders:*" }
          users: { bi: Data Reader, shop: orders-writer, ops: Data Owner }

        """;

    [Theory]
    [InlineData("redis", "7.0")]
    [InlineData("redis", "latest")]
    [InlineData("valkey", "latest")]
    public async Task Users_get_keys_and_may_do_what_their_policy_says_on_primary_after_failover_and_restart(string engine, string version)
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(engine: engine, version: version, more: Users));
        await AssertPoliciesAsync(larder);

        (await larder.RunAsync("failover", "dev")).Succeeded();
        await AssertPoliciesAsync(larder);

        (await larder.RunAsync("down")).Succeeded();
        (await larder.RunAsync("up", "--detach")).Succeeded();
        await AssertPoliciesAsync(larder);
    }

    [Fact]
    public async Task A_changed_policy_counts_on_open_connections_and_a_removed_user_is_disconnected()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(more: Users));
        await using var bi = await ConnectAsync(larder, "bi");
        await Assert.ThrowsAsync<RedisServerException>(() => bi.GetDatabase().StringSetAsync("a", "1"));

        (await larder.RunAsync("apply", larder.DevelopmentSpec(more: Users.Replace("bi: Data Reader", "bi: Data Contributor", StringComparison.Ordinal)))).Succeeded();
        Assert.True(await bi.GetDatabase().StringSetAsync("a", "1"));

        var before = (await larder.RunAsync("keys", "dev", "--user", "shop", "--output", "json")).Succeeded().Output;
        (await larder.RunAsync("regenerate-key", "dev", "primary", "--user", "shop")).Succeeded();
        Assert.NotEqual(before, (await larder.RunAsync("keys", "dev", "--user", "shop", "--output", "json")).Succeeded().Output);

        (await larder.RunAsync("apply", larder.DevelopmentSpec())).Succeeded();
        await Installation.UntilAsync("the user is out", async () =>
        {
            try
            {
                await bi.GetDatabase().PingAsync();
                return false;
            }
            catch (RedisException)
            {
                return true;
            }
        });
        var gone = await larder.RunAsync("keys", "dev", "--user", "bi");
        Assert.Equal(2, gone.ExitCode);
        Assert.Contains("no user 'bi'", gone.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("policies: { p: \"+@read +nosuchcommand ~*\" }", "access.policies.p", "nosuchcommand")]
    [InlineData("users: { app: Nobody }", "access.users.app", "There is no access policy 'Nobody'")]
    public async Task What_the_engine_would_not_understand_is_refused_before_anything_is_changed(string section, string field, string why)
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        var refused = await larder.RunAsync("apply", larder.DevelopmentSpec(more: $"access:\n  {section}\n"));
        Assert.True(refused.ExitCode == 2, $"{refused}");
        Assert.Contains(field, refused.Error, StringComparison.Ordinal);
        Assert.Contains(why, refused.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await larder.RunAsync("keys", "dev", "--output", "json")).Succeeded().Json.EnumerateObject().Count());
    }

    [Fact]
    public async Task A_firewall_rule_lets_in_who_is_listed_alone()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(more: "firewall: { elsewhere: 10.200.0.0/16 }\n"));
        var refused = await larder.RedisCliAsync("dev", "PING");
        Assert.DoesNotContain("PONG", refused.Output, StringComparison.Ordinal);
        (await larder.RunAsync("apply", larder.DevelopmentSpec(more: "firewall: { elsewhere: 10.200.0.0/16, here: 127.0.0.1-127.0.0.9, v6: \"::1\" }\n"))).Succeeded();
        Assert.Contains("PONG", (await larder.RedisCliAsync("dev", "PING")).Output, StringComparison.Ordinal);
        Assert.Contains("connected_clients:1", (await larder.RedisCliAsync("dev", "INFO", "clients")).Output, StringComparison.Ordinal);
        Assert.Contains("addr=127.0.0.1:", (await larder.RedisCliAsync("dev", "CLIENT", "LIST")).Output, StringComparison.Ordinal);
    }

    private static async Task AssertPoliciesAsync(Installation larder)
    {
        await using var ops = await ConnectAsync(larder, "ops");
        await using var bi = await ConnectAsync(larder, "bi");
        await using var shop = await ConnectAsync(larder, "shop");
        Assert.True(await ops.GetDatabase().StringSetAsync("orders:1", "a"));
        Assert.Equal("a", await bi.GetDatabase().StringGetAsync("orders:1"));
        Assert.Contains("NOPERM", (await Assert.ThrowsAsync<RedisServerException>(() => bi.GetDatabase().StringSetAsync("orders:1", "b"))).Message, StringComparison.Ordinal);
        Assert.True(await shop.GetDatabase().StringSetAsync("orders:1", "c"));
        Assert.Contains("NOPERM", (await Assert.ThrowsAsync<RedisServerException>(() => shop.GetDatabase().StringSetAsync("other", "c"))).Message, StringComparison.Ordinal);
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(Installation larder, string user)
    {
        var options = await larder.ClientAsync("dev");
        options.User = user;
        options.Password = (await larder.RunAsync("keys", "dev", "--user", user, "--primary")).Succeeded().Output.Trim();
        return await ConnectionMultiplexer.ConnectAsync(options);
    }
}
