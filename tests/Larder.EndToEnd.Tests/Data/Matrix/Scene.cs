using Azure.Storage.Blobs;
using Larder.EndToEnd.Tests.Harness;
using Larder.Testing;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests.Data.Matrix;

/// <summary>An installation with a cache of each persistence, each of which has a backup of its first half.</summary>
internal sealed class Scene : IAsyncDisposable
{
    /// <summary>Keys that are acknowledged before the backup.</summary>
    public const int Before = 100;

    /// <summary>Keys that are acknowledged in all.</summary>
    public const int All = 200;

    private const int SmallMegabytes = 256;
    private const int OwnMegabytes = 1024;

    private readonly AzuriteServer? _azurite;

    private Scene(Installation larder, Disk? disk, AzuriteServer? azurite, DisturbedRelay? relay) => (Larder, Disk, _azurite, Relay) = (larder, disk, azurite, relay);

    /// <summary>The persistences, each with the name of its cache.</summary>
    public static IReadOnlyDictionary<string, string> Caches { get; } = new Dictionary<string, string>
    {
        ["Disabled"] = "disabled",
        ["RDB"] = "rdb",
        ["AOF"] = "aof",
        ["AOF_DUAL"] = "dual",
    };

    /// <summary>The caches that have logs.</summary>
    public static IReadOnlyList<string> WithLogs { get; } = ["aof", "dual"];

    public Installation Larder { get; }

    public Disk? Disk { get; }

    public DisturbedRelay? Relay { get; }

    public static async Task<Scene> SetAsync(Accident accident)
    {
        var azurite = accident.FarStorage ? await AzuriteServer.StartAsync() : null;
        var relay = azurite is null ? null : new DisturbedRelay(azurite.Port);
        var disk = accident.Disk == SceneDisk.Usual ? null
            : await Disk.MountAsync(accident.Disk == SceneDisk.Own ? OwnMegabytes : SmallMegabytes, crash: accident.Disk == SceneDisk.Own);
        var scene = new Scene(new Installation(disk?.Folder), disk, azurite, relay);
        try
        {
            await scene.FillAsync();
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    public async Task WriteAsync(string cache, int from, int to)
    {
        await using var redis = await Larder.ConnectAsync(cache);
        for (var number = from; number < to; number++)
        {
            Assert.True(await redis.GetDatabase().StringSetAsync($"key {number}", new string('x', 1000)));
        }
    }

    public async Task<int> CountAsync(string cache)
    {
        await using var redis = await Larder.ConnectAsync(cache);
        var values = await redis.GetDatabase().StringGetAsync([.. Enumerable.Range(0, All).Select(number => (RedisKey)$"key {number}")]);
        return values.Count(value => value.HasValue);
    }

    public async ValueTask DisposeAsync()
    {
        Relay?.Set(Disturbance.None);
        Disk?.Free();
        await Larder.DisposeAsync();
        Relay?.Dispose();
        if (_azurite is not null)
        {
            await _azurite.DisposeAsync();
        }

        if (Disk is not null)
        {
            await Disk.DisposeAsync();
        }
    }

    private async Task FillAsync()
    {
        var backup = "";
        if (_azurite is not null)
        {
            await new BlobContainerClient(_azurite.ConnectionString, "backups").CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
            BackupTests.Settings(Larder, FarStorageTests.Storage(Larder, "cold", _azurite.ConnectionTo(Relay!.Port)));
            backup = "\nbackup:\n  storage: cold";
        }

        foreach (var (persistence, cache) in Caches)
        {
            await Larder.UpAsync(Larder.DevelopmentSpec(cache, more: $"  persistence: {persistence}{backup}"));
            await WriteAsync(cache, 0, Before);
            (await Larder.RunAsync("backup", cache)).Succeeded();
            await WriteAsync(cache, Before, All);
            await using var redis = await Larder.ConnectAsync(cache);
            Assert.Equal(1, (int)await redis.GetDatabase().ExecuteAsync("WAIT", 1, 10_000));
        }
    }
}
