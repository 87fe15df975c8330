using Larder.Controller.Caches;
using Larder.Controller.Processes;
using Larder.Engines;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Controller.Snapshots;

/// <summary>Loads a snapshot in an engine of its own, to know that it can be.</summary>
/// <param name="services">What it needs.</param>
internal sealed class TrialLoad(CacheServices services)
{
    /// <summary>A file's data takes about this many times its size in memory.</summary>
    private const long Expansion = 4;

    /// <summary>Whether this host has the memory for it now.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Whether it has, with as much again left over.</returns>
    public bool Fits(string path) => new FileInfo(path).Length * Expansion * 2 < services.FreeMemory();

    /// <summary>Loads it.</summary>
    /// <param name="cache">The cache that it is for.</param>
    /// <param name="installation">The engine.</param>
    /// <param name="path">The file; it stays as it is.</param>
    /// <param name="folder">A folder of its own, on the same file system.</param>
    /// <param name="inBackground">Whether it has time, and is to take only what the processors have left.</param>
    /// <param name="progress">Told what the engine says while it loads.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The keys in it.</returns>
    /// <exception cref="EngineException">It cannot be loaded.</exception>
    public async Task<long> RunAsync(
        string cache, EngineInstallation installation, string path, string folder, bool inBackground, Action<NodeProbe> progress,
        CancellationToken cancellationToken)
    {
        await using var sandbox = await StartAsync(cache, installation, path, folder, "trial", cancellationToken);
        var loading = sandbox.LoadedAsync(progress, cancellationToken);
        if (inBackground)
        {
            await sandbox.GiveWayAsync(loading);
        }

        return (await loading).Keys;
    }

    /// <summary>Starts an engine that loads it.</summary>
    /// <param name="cache">The cache that it is for.</param>
    /// <param name="installation">The engine.</param>
    /// <param name="path">The file; it stays as it is.</param>
    /// <param name="folder">A folder of its own, on the same file system.</param>
    /// <param name="name">Tells its socket apart from others of the cache.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The engine.</returns>
    public async Task<EngineSandbox> StartAsync(
        string cache, EngineInstallation installation, string path, string folder, string name, CancellationToken cancellationToken)
    {
        var data = Path.Combine(folder, "data");
        Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var inside = Path.Combine(data, "dump.rdb");
        File.Delete(inside);
        HardLink.Create(path, inside);
        return await EngineSandbox.StartAsync(
            cache, installation, folder, services.Home.WorkSocket(cache, name), PersistenceMode.Disabled, services.Nodes, cancellationToken);
    }
}
