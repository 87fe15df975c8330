using System.Collections.Immutable;
using Larder.Controller.Access;
using Larder.Controller.Nodes;
using Larder.Controller.Operations;
using Larder.Controller.Processes;
using Larder.Controller.Snapshots;
using Larder.Model.Engines;
using Larder.Model.Routing;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Caches;

/// <summary>
/// Drives all caches: follows the control store, runs one reconciler for each cache, and publishes their routes as one table.
/// </summary>
public sealed partial class CacheController : IStatusSource, IAsyncDisposable
{
    private readonly CacheServices _services;
    private readonly PermissionTrial _permissions;
    private readonly RoutePublisher _routes;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (CacheReconciler Reconciler, Task Loop)> _running = new(StringComparer.OrdinalIgnoreCase);
    private readonly CancellationTokenSource _stop = new();

    private readonly ProcessExitWatcher _exitWatcher = new();

    /// <summary>Makes a controller; does nothing yet.</summary>
    /// <param name="dependencies">What it stands on.</param>
    public CacheController(ControllerDependencies dependencies)
    {
        ArgumentNullException.ThrowIfNull(dependencies);
        dependencies.Options.Validate();
        _routes = dependencies.Routes;
        _services = new CacheServices
        {
            Store = dependencies.Store,
            Host = dependencies.Host,
            Home = dependencies.Home,
            Protector = dependencies.Protector,
            Certificates = new CacheCertificates(dependencies.Certificates, dependencies.Host, dependencies.HostNames, dependencies.Events),
            Catalogue = dependencies.Catalogue,
            Storages = dependencies.Storages,
            FreeMemory = HostMemory.Available,
            Gateway = dependencies.Gateway,
            Operations = new OperationTracker(dependencies.Store, dependencies.Clock),
            Nodes = new NodeServices(
                dependencies.Drivers, _exitWatcher, dependencies.Options, dependencies.Clock, dependencies.Random, dependencies.GatewayHold,
                dependencies.Events, dependencies.Loggers.CreateLogger("Larder.Controller"))
            {
                ToolsFolder = dependencies.Home.ToolsFolder,
            },
        };
        _permissions = new PermissionTrial(_services);
    }

    /// <summary>Asks an engine of its own whether it understands access policies.</summary>
    /// <param name="cache">The cache that they are for.</param>
    /// <param name="installation">The engine.</param>
    /// <param name="permissions">The policies.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the engine has against each; <c>null</c> where it has nothing.</returns>
    /// <exception cref="Larder.Engines.EngineException">It could not be started, or did not answer in time.</exception>
    public Task<ImmutableArray<string?>> CheckPermissionsAsync(
        string cache, EngineInstallation installation, ImmutableArray<string> permissions, CancellationToken cancellationToken) =>
        _permissions.RunAsync(cache, installation, permissions, cancellationToken);

    /// <inheritdoc/>
    public CacheStatus? Find(string cache)
    {
        lock (_gate)
        {
            return _running.TryGetValue(cache, out var running) ? running.Reconciler.Status : null;
        }
    }

    /// <summary>Runs until cancelled; the engines run on.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        while (true)
        {
            try
            {
                var snapshot = await _services.Store.ListAsync(StoreKeys.Caches, both.Token);
                foreach (var cache in snapshot.Entries.Select(entry => CacheOf(entry.Key)).Distinct())
                {
                    Touch(cache);
                }

                await foreach (var change in _services.Store.WatchAsync(StoreKeys.Caches, snapshot.Revision + 1, both.Token))
                {
                    foreach (var cache in change.Changes.Where(change => !IsLeaderKey(change.Key)).Select(change => CacheOf(change.Key)).Distinct())
                    {
                        Touch(cache);
                    }
                }
            }
            catch (CompactedException exception)
            {
                Log.WatchFellBehind(_services.Logger, exception.Message);
            }
            catch (ControlStoreException exception) when (exception.IsTransient)
            {
                Log.StoreUnavailable(_services.Logger, exception.Message);
                await Task.Delay(_services.Options.ProbeInterval, _services.Clock, both.Token);
            }
        }
    }

    /// <summary>Stops all nodes of all caches in order, keeping their data. No more documents are followed.</summary>
    /// <param name="progress">Told before each cache.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>One sentence for each thing that did not stop in order.</returns>
    public async Task<ImmutableArray<string>> StopNodesAsync(Action<string, int> progress, CancellationToken cancellationToken)
    {
        var running = await StopLoopsAsync();
        var problems = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < running.Count; i++)
        {
            progress($"stopping the nodes of {running[i].Name}", 10 + (80 * i / running.Count));
            problems.AddRange(await running[i].Reconciler.StopNodesAsync(keepData: true, cancellationToken));
        }

        return problems.ToImmutable();
    }

    /// <summary>Ends all loops; the engines run on.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var (_, reconciler) in await StopLoopsAsync())
        {
            await reconciler.DisposeAsync();
        }

        _stop.Dispose();
        _exitWatcher.Dispose();
    }

    private static string CacheOf(string key)
    {
        var name = key.AsSpan(StoreKeys.Caches.Length);
        return name[..name.IndexOf('/')].ToString();
    }

    /// <summary>Leader keys are written by the agents themselves; waking their reconciler for them would be an echo.</summary>
    private static bool IsLeaderKey(string key) => key.Contains("/shards/", StringComparison.Ordinal);

    private void Touch(string cache)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            if (_running.TryGetValue(cache, out var running) && !running.Loop.IsCompleted)
            {
                running.Reconciler.Wake();
                return;
            }

            var reconciler = new CacheReconciler(cache, _services, PublishRoutes);
            _running[cache] = (reconciler, Task.Run(() => DriveAsync(cache, reconciler)));
        }
    }

    private async Task DriveAsync(string cache, CacheReconciler reconciler)
    {
        try
        {
            await reconciler.RunAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            // One cache's defect must not stop the others; its engines run on, and the next change of its documents tries again.
            Log.ReconcilerFailed(_services.Logger, exception, cache);
            return;
        }

        await reconciler.DisposeAsync();
        lock (_gate)
        {
            _running.Remove(cache);
        }

        // A cache of this name may have been made again while its old self was being removed.
        if (await _services.Store.GetAsync(StoreKeys.Spec(cache), _stop.Token) is not null)
        {
            Touch(cache);
        }
    }

    private void PublishRoutes()
    {
        lock (_gate)
        {
            _routes.Publish(new RouteTable([.. _running
                .OrderBy(running => running.Key, StringComparer.OrdinalIgnoreCase)
                .Select(running => running.Value.Reconciler.Route)
                .OfType<CacheRoute>()]));
        }
    }

    private async Task<List<(string Name, CacheReconciler Reconciler)>> StopLoopsAsync()
    {
        await _stop.CancelAsync();
        List<(string Name, CacheReconciler Reconciler, Task Loop)> running;
        lock (_gate)
        {
            running = [.. _running.Select(pair => (pair.Key, pair.Value.Reconciler, pair.Value.Loop))];
        }

        await Task.WhenAll(running.Select(one => one.Loop));
        return [.. running.Select(one => (one.Name, one.Reconciler))];
    }

    private static partial class Log
    {
        [LoggerMessage(3300, LogLevel.Warning, "The watch on the control store fell behind and begins anew: {Problem}")]
        public static partial void WatchFellBehind(ILogger logger, string problem);

        [LoggerMessage(3301, LogLevel.Warning, "The control store does not answer; caches go on as they are: {Problem}")]
        public static partial void StoreUnavailable(ILogger logger, string problem);

        [LoggerMessage(3302, LogLevel.Error, "The reconciler of {Cache} failed; its engines run on.")]
        public static partial void ReconcilerFailed(ILogger logger, Exception exception, string cache);
    }
}
