using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>
/// One installation with a cache for each accident. All its processes are killed at once, each cache's files meet their accident, and everything is started
/// again; the tests then look at what came back. Used by one class.
/// </summary>
public sealed class Wreckage : IAsyncLifetime
{
    /// <summary>The caches by name, with their persistence.</summary>
    private static readonly (string Name, string Persistence)[] Caches =
    [
        ("memory", "Disabled"), ("rdb", "RDB"), ("aof", "AOF"), ("dual", "AOF_DUAL"), ("torn", "AOF"), ("spoilt", "AOF"), ("ruined", "AOF"), ("homeless", "AOF_DUAL"),
        ("storeless", "AOF_DUAL"), ("cut", "RDB"), ("cut-all", "RDB"), ("emptied", "AOF"),
    ];

    private readonly Dictionary<string, List<string>> _written = [];

    internal Installation Larder { get; } = new();

    public async ValueTask InitializeAsync()
    {
        foreach (var (name, persistence) in Caches)
        {
            await Larder.UpAsync(Larder.DevelopmentSpec(name, more: $"  persistence: {persistence}"));
            await DataSet.WriteAsync(Larder, name);
        }

        await Task.WhenAll(new[] { "rdb", "ruined", "cut", "cut-all" }.Select(async name => (await Larder.RunAsync("backup", name)).Succeeded()));
        foreach (var (name, _) in Caches)
        {
            await using (var redis = await Larder.ConnectAsync(name))
            {
                await redis.GetDatabase().StringSetAsync("after the snapshot", "1");
            }

            _written[name] = await DataSet.ReadAsync(Larder, name);
        }

        await Larder.StopHardAsync();
        Array.ForEach(Damage.Logs(Larder, "torn"), Damage.Tear);
        Damage.Spoil(Damage.Logs(Larder, "spoilt").Single(log => log.StartsWith(Damage.Node(Larder, "spoilt", 0), StringComparison.Ordinal)));
        Array.ForEach(Damage.Logs(Larder, "ruined"), Damage.Spoil);
        Directory.Delete(Damage.Nodes(Larder, "homeless"), recursive: true);
        Directory.Delete(Directory.GetDirectories(Path.Combine(Larder.Home, "storages", "second", "logs"), "storeless-*").Single(), recursive: true);
        Damage.Cut(Damage.Snapshots(Larder, "cut")[0]);
        Array.ForEach(Damage.Snapshots(Larder, "cut-all"), Damage.Cut);
        Directory.Delete(Damage.Node(Larder, "emptied", 0), recursive: true);

        // It waits until every cache is Ready, which two only are when a test has restored them.
        using var up = Larder.Begin("up", "--detach");
        await Installation.UntilAsync("the daemon is back", async () => await Larder.IsServingAsync());
    }

    /// <summary>What a cache had; the last key of it was written after the backup.</summary>
    internal List<string> Written(string cache) => _written[cache];

    /// <summary>What a cache has when it is whole again.</summary>
    internal async Task<List<string>> BackAsync(string cache)
    {
        await Larder.WaitAsync(cache, "Ready", Installation.IsReady);
        return await DataSet.ReadAsync(Larder, cache);
    }

    public ValueTask DisposeAsync() => Larder.DisposeAsync();
}
