using System.Net;
using Larder.Gateway.Tests.Harness;
using StackExchange.Redis;

namespace Larder.Gateway.Tests;

/// <summary>The client library that most programs use gets along with the gateway.</summary>
public sealed class ClientLibraryTests : IAsyncLifetime
{
    private RedisProcess _redis = null!;
    private Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisProcess.StartAsync();
        _door = await Door.OpenAsync(_redis);
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData(RedisProtocol.Resp2)]
    [InlineData(RedisProtocol.Resp3)]
    public async Task Values_transactions_scripts_and_messages_work(RedisProtocol protocol)
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { IPAddress.Loopback, _door.Port } },
            Password = Door.Key,
            Ssl = true,
            SslHost = "dev.test",
            Protocol = protocol,
            AbortOnConnectFail = true,
            AllowAdmin = true, // So that the gateway refuses CONFIG, not the library.
        };
#pragma warning disable CA5359 // What certificate is shown is another test's matter.
        options.CertificateValidation += (_, _, _, _) => true;
#pragma warning restore CA5359
        await using var client = await ConnectionMultiplexer.ConnectAsync(options);
        var database = client.GetDatabase(1);
        var numbers = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => database.StringIncrementAsync("n")));
        Assert.Equal(Enumerable.Range(1, 500).Select(number => (long)number), numbers);

        var transaction = database.CreateTransaction();
        transaction.AddCondition(Condition.StringEqual("n", 500));
        var set = transaction.StringSetAsync("t", "in a transaction");
        Assert.True(await transaction.ExecuteAsync());
        Assert.True(await set);
        Assert.Equal("in a transaction", (string?)await database.ScriptEvaluateAsync("return redis.call('GET', KEYS[1])", ["t"]));

        var arrived = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await client.GetSubscriber().SubscribeAsync(RedisChannel.Literal("c"), (_, message) => arrived.TrySetResult(message.ToString()));
        await database.PublishAsync(RedisChannel.Literal("c"), "hello");
        Assert.Equal("hello", await arrived.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        await client.GetSubscriber().UnsubscribeAllAsync();

        var refused = await Assert.ThrowsAsync<RedisServerException>(() => database.ExecuteAsync("CONFIG", "GET", "maxmemory"));
        Assert.StartsWith("ERR unknown command 'CONFIG'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(500, (long)await database.StringGetAsync("n"));
    }
}
