using System.Globalization;
using System.Net;
using Larder.Gateway.Tests.Harness;
using Larder.Model.Routing;
using StackExchange.Redis;
using StackExchange.Redis.Maintenance;

namespace Larder.Gateway.Tests.Notices;

/// <summary>The messages on AzureRedisEvents: who hears them, what they say, and that nobody else can say it.</summary>
public sealed class AzureEventsTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private RedisProcess _one = null!;
    private RedisProcess _two = null!;
    private Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        (_one, _two) = (await RedisProcess.StartAsync(), await RedisProcess.StartAsync());
        _door = await Door.OpenAsync(_one);
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Theory]
    [InlineData("2")]
    [InlineData("3")]
    public async Task A_handover_is_told_from_beginning_to_end(string protocol)
    {
        await using var wire = await EnterAsync(protocol, "SUBSCRIBE", "other", "AzureRedisEvents");
        await HandOverAsync();
        var messages = await ReadAsync(wire, protocol, 4);
        var rest = $"IsReplica|False|IPAddress|127.0.0.1|SSLPort|{_door.Port}|NonSSLPort|0";
        Assert.StartsWith("NotificationType|NodeMaintenanceStarting|StartTimeInUTC|", messages[0], StringComparison.Ordinal);
        Assert.EndsWith("|" + rest, messages[0], StringComparison.Ordinal);
        var start = DateTime.ParseExact(messages[0].Split('|')[3], "s", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
        Assert.InRange(start, DateTime.UtcNow.AddMinutes(-1), DateTime.UtcNow);
        Assert.Equal($"NotificationType|NodeMaintenanceStart|{rest}", messages[1]);
        Assert.Equal($"NotificationType|NodeMaintenanceFailoverComplete|{rest}", messages[2]);
        Assert.StartsWith("NotificationType|NodeMaintenanceEnded|StartTimeInUTC|", messages[3], StringComparison.Ordinal);
        Assert.Contains("still here", await wire.AskAsync("PING", "still here"), StringComparison.Ordinal);
        Assert.Equal("[AzureRedisEvents, :1]", await _two.AskAsync("PUBSUB", "NUMSUB", "AzureRedisEvents"));
    }

    [Fact]
    public async Task A_handover_that_is_undone_begins_and_ends_without_a_new_primary()
    {
        await using var wire = await EnterAsync("2", "SUBSCRIBE", "AzureRedisEvents");
        Assert.True(await _door.Gateway.HoldAsync("dev", HoldReason.Handover, Limit, TestContext.Current.CancellationToken));
        _door.Gateway.Release("dev");
        Assert.Equal(["NodeMaintenanceStarting", "NodeMaintenanceStart", "NodeMaintenanceEnded"], (await ReadAsync(wire, "2", 3)).Select(Type));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("3")]
    public async Task An_unplanned_change_is_told_when_it_is_complete_to_those_who_subscribed_before(string protocol)
    {
        await using var wire = await EnterAsync(protocol, "SUBSCRIBE", "AzureRedisEvents");
        _one.Stop();
        _door.Change("dev", route => route with { Primary = null });
        _door.Change("dev", route => route with { Primary = _door.Primary(_two, 2) });
        Assert.Equal("NodeMaintenanceFailoverComplete", Type((await ReadAsync(wire, protocol, 1))[0]));
        await Door.EventuallyAsync(
            async () => await _two.AskAsync("PUBSUB", "NUMSUB", "AzureRedisEvents") == "[AzureRedisEvents, :1]", "subscribed at the new primary");
        await HandOverAsync(3, _two);
        Assert.Equal("NodeMaintenanceStarting", Type((await ReadAsync(wire, protocol, 1))[0]));
    }

    [Fact]
    public async Task Patterns_hear_it_as_often_as_they_fit_and_those_who_left_do_not()
    {
        await using var wire = await EnterAsync("3", "PSUBSCRIBE", "Azure*", "nothing*", "*Events");
        await using var gone = await EnterAsync("2", "SUBSCRIBE", "AzureRedisEvents", "c");
        await gone.SendAsync("UNSUBSCRIBE", "AzureRedisEvents");
        await gone.ReadAsync();
        await HandOverAsync();
        var heard = await wire.ReadManyAsync(8);
        Assert.Equal(4, heard.Count(message => message.StartsWith(">[pmessage, Azure*, AzureRedisEvents, NotificationType|", StringComparison.Ordinal)));
        Assert.Equal(4, heard.Count(message => message.StartsWith(">[pmessage, *Events, AzureRedisEvents, NotificationType|", StringComparison.Ordinal)));
        await _two.AskAsync("PUBLISH", "c", "hello");
        Assert.Equal("[message, c, hello]", await gone.ReadAsync());
    }

    [Fact]
    public async Task Clients_cannot_forge_it_neither_openly_nor_by_script()
    {
        await using var publisher = await _door.EnterAsync();
        await using var resp2 = await EnterAsync("2", "SUBSCRIBE", "AzureRedisEvents", "c");
        await using var resp3 = await EnterAsync("3", "PSUBSCRIBE", "*");
        Assert.StartsWith("-NOPERM only the service itself publishes on AzureRedisEvents", await publisher.AskAsync("publish", "AzureRedisEvents", "x"), StringComparison.Ordinal);
        await publisher.AskAsync("MULTI");
        Assert.StartsWith("-NOPERM", await publisher.AskAsync("PUBLISH", "AzureRedisEvents", "x"), StringComparison.Ordinal);
        Assert.StartsWith("-EXECABORT", await publisher.AskAsync("EXEC"), StringComparison.Ordinal);
        var large = new string('v', 100_000);
        await publisher.AskAsync("EVAL", "return redis.call('PUBLISH', 'AzureRedisEvents', ARGV[1])", "0", "NotificationType|NodeMaintenanceStart");
        await publisher.AskAsync("EVAL", "return redis.call('PUBLISH', 'AzureRedisEvents', ARGV[1])", "0", large);
        Assert.Equal(":2", await publisher.AskAsync("PUBLISH", "c", large));
        Assert.Equal($"[message, c, {large}]", await resp2.ReadAsync());
        Assert.Equal($">[pmessage, *, c, {large}]", await resp3.ReadAsync());
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task StackExchange_Redis_understands_both_dialects(RedisProtocol protocol)
    {
        var options = ConfigurationOptions.Parse($"127.0.0.1:{_door.Port},defaults=azure,maintNotifications=Auto,sslHost=dev.test");
        options.Password = Door.Key;
        options.Ssl = true;
        options.Protocol = protocol;
#pragma warning disable CA5359 // What certificate is shown is another test's matter.
        options.CertificateValidation += (_, _, _, _) => true;
#pragma warning restore CA5359
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);
        var (azure, pushes, both) = (new List<AzureMaintenanceEvent>(), new List<PushMaintenanceEvent>(), new TaskCompletionSource());
        client.ServerMaintenanceEvent += (_, happened) =>
        {
            lock (azure)
            {
                if (happened is AzureMaintenanceEvent message)
                {
                    azure.Add(message);
                }
                else if (happened is PushMaintenanceEvent push)
                {
                    pushes.Add(push);
                }

                if (azure.Count == 4 && pushes.Count == (protocol == RedisProtocol.Resp3 ? 2 : 0))
                {
                    both.TrySetResult();
                }
            }
        };
        await Door.EventuallyAsync(
            async () => await _one.AskAsync("PUBSUB", "NUMSUB", "AzureRedisEvents") == "[AzureRedisEvents, :1]", "the library's own subscription");
        await client.GetDatabase().StringSetAsync("a", 1);
        await HandOverAsync();
        await both.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        AzureNotificationType[] told =
        [
            AzureNotificationType.NodeMaintenanceStarting, AzureNotificationType.NodeMaintenanceStart,
            AzureNotificationType.NodeMaintenanceFailoverComplete, AzureNotificationType.NodeMaintenanceEnded,
        ];
        Assert.Equal(told.Order(), azure.Select(message => message.NotificationType).Order()); // the library calls handlers side by side
        Assert.All(azure, message => Assert.Equal((false, IPAddress.Loopback, _door.Port, 0), (message.IsReplica, message.IPAddress, message.SslPort, message.NonSslPort)));
        Assert.All(azure, message => Assert.Equal(
            message.NotificationType is AzureNotificationType.NodeMaintenanceStarting or AzureNotificationType.NodeMaintenanceEnded, message.StartTimeUtc is not null));
        Assert.Equal(
            protocol == RedisProtocol.Resp3 ? [MaintenanceNotificationType.FailingOver, MaintenanceNotificationType.FailedOver] : [],
            pushes.Select(push => push.NotificationType));
        Assert.All(pushes, push => Assert.Equal("[\"0\"]", push.Payload));
        Assert.True(await client.GetDatabase().StringSetAsync("a", 2));
    }

    private async Task<Wire> EnterAsync(string protocol, params string[] subscribe)
    {
        var wire = await _door.EnterAsync();
        await wire.AskAsync("HELLO", protocol);
        await wire.SendAsync(subscribe);
        await wire.ReadManyAsync(subscribe.Length - 1);
        return wire;
    }

    private async Task HandOverAsync(long epoch = 2, RedisProcess? next = null)
    {
        Assert.True(await _door.Gateway.HoldAsync("dev", HoldReason.Handover, Limit, TestContext.Current.CancellationToken));
        _door.Change("dev", route => route with { Primary = _door.Primary(next ?? _two, epoch) });
        Assert.True(await _door.Gateway.FollowAsync("dev", epoch, Limit, TestContext.Current.CancellationToken));
        _door.Gateway.Release("dev");
    }

    private static async Task<string[]> ReadAsync(Wire wire, string protocol, int count)
    {
        var prefix = (protocol == "3" ? ">" : "") + "[message, AzureRedisEvents, ";
        var messages = await wire.ReadManyAsync(count);
        Assert.All(messages, message => Assert.StartsWith(prefix, message, StringComparison.Ordinal));
        return [.. messages.Select(message => message[prefix.Length..^1])];
    }

    private static string Type(string message) => message.Split('|')[1];
}
