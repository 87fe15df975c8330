using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Larder.Backup.Storages;
using Larder.Controller;
using Larder.Controller.Caches;
using Larder.Controller.Events;
using Larder.Engines;
using Larder.Gateway;
using Larder.Host.Admission;
using Larder.Host.Ports;
using Larder.Management;
using Larder.Management.Admission;
using Larder.Management.Api;
using Larder.Management.Contracts;
using Larder.Management.Services;
using Larder.Model.Engines;
using Larder.Model.Events;
using Larder.Model.Installation;
using Larder.Model.Routing;
using Larder.Model.Status;
using Larder.Security.Certificates;
using Larder.Security.Keys;
using Larder.Store;
using Larder.Store.Sqlite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Larder.Host.Daemon;

/// <summary>
/// One daemon: control store, controller with its agents, gateway and management API in one process. The composition root.
/// </summary>
/// <remarks>
/// Start: store, secrets, engines, gateway, controller, API. Stop: the reverse; engines run on unless a shutdown through the API stopped them.
/// </remarks>
internal sealed partial class LarderDaemon : IInstallationControl, IAsyncDisposable
{
    private readonly LarderHome _home;
    private readonly HostIdentity _host;
    private readonly DateTimeOffset _startedAt;
    private readonly IControlStore _store;
    private readonly GatewayServer _gateway;
    private readonly CacheController _controller;
    private readonly EventJournal _events;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _shutdownDone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private WebApplication? _api;
    private Task _controllerLoop = Task.CompletedTask;
    private Task? _shutdown;
    private ShutdownProgress _progress = new("running", 0, false, null);
    private event Action<ShutdownProgress>? Progressed;

    private LarderDaemon(
        LarderHome home, HostIdentity host, TimeProvider clock, IControlStore store, GatewayServer gateway, CacheController controller,
        EventJournal events, ILoggerFactory loggers)
    {
        (_home, _host, _store, _gateway, _controller, _events, _loggers) = (home, host, store, gateway, controller, events, loggers);
        _logger = loggers.CreateLogger("Larder.Host");
        _startedAt = clock.GetUtcNow();
    }

    /// <summary>Starts everything.</summary>
    /// <param name="home">The installation, prepared.</param>
    /// <param name="settings">The daemon's settings.</param>
    /// <param name="options">What the command line says.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The running daemon.</returns>
    public static async Task<LarderDaemon> StartAsync(
        LarderHome home, DaemonSettings settings, ServeOptions options, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var storages = DaemonStorages.Create(home, settings.Storages, Environment.GetEnvironmentVariable);
        var loggers = DaemonLogging.Create(options.Background);
        DescriptorLimit.Raise();
        var store = await SqliteControlStore.OpenAsync(home.StorePath, clock, cancellationToken);
        var host = new HostIdentity
        {
            Name = Environment.MachineName,
            Zone = settings.Zone,
            Domain = settings.Domain,
            TlsPort = settings.TlsPort,
            PlainPort = settings.PlainPort,
            NodeTlsPort = settings.NodeTlsPort,
            NodePlainPort = settings.NodePlainPort,
            Addresses = LoopbackAddresses.Find(),
        };
        var protector = new SecretProtector(InstallationKey.OpenOrCreate(home.Root));
        var authority = CertificateAuthority.OpenOrCreate(home.Root, protector, clock);
        var drivers = new EngineDrivers(clock);
        var catalogue = new HostEngineCatalogue(home, drivers, clock);
        await catalogue.RefreshAsync(cancellationToken);
        var routes = new RoutePublisher();
        var events = new EventJournal(home.EventsFolder, clock, loggers);
        var gateway = new GatewayServer(routes, new GatewayOptions(), clock, loggers);
        var controller = new CacheController(new ControllerDependencies
        {
            Store = store,
            Host = host,
            Home = home,
            Protector = protector,
            Certificates = new ServerCertificateStore(home.Root, authority, clock),
            HostNames = await HostNames.DiscoverAsync(null, clock, cancellationToken),
            Catalogue = catalogue,
            Storages = storages,
            Drivers = drivers,
            GatewayHold = gateway,
            Gateway = new GatewayStatus(() => gateway.Snapshot().Listeners, PortOwner.Find),
            Routes = routes,
            Events = events,
            Options = new AgentOptions(),
            Clock = clock,
            Random = new Random(),
            Loggers = loggers,
        });
        var daemon = new LarderDaemon(home, host, clock, store, gateway, controller, events, loggers);
        await gateway.StartAsync(cancellationToken);
        daemon._controllerLoop = Task.Run(() => controller.RunAsync(daemon._stop.Token), CancellationToken.None);
        daemon._api = daemon.BuildApi(protector, catalogue, storages, clock);
        await daemon._api.StartAsync(cancellationToken);
        Log.Started(daemon._logger, ProductVersion, Environment.ProcessId, home.Root);
        return daemon;
    }

    /// <inheritdoc/>
    public InstallationView Describe() => new(ProductVersion, Environment.ProcessId, _home.Root, _host.Name, _startedAt);

    /// <summary>The program's version.</summary>
    public static string ProductVersion { get; } =
        typeof(LarderDaemon).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <inheritdoc/>
    public async IAsyncEnumerable<ShutdownProgress> ShutdownAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lines = Channel.CreateUnbounded<ShutdownProgress>();
        void Write(ShutdownProgress line) => lines.Writer.TryWrite(line);
        lock (_gate)
        {
            Progressed += Write;
            Write(_progress);
            _shutdown ??= Task.Run(ShutDownAsync, CancellationToken.None);
        }

        try
        {
            await foreach (var line in lines.Reader.ReadAllAsync(cancellationToken))
            {
                yield return line;
                if (line.Done)
                {
                    break;
                }
            }
        }
        finally
        {
            lock (_gate)
            {
                Progressed -= Write;
            }
        }
    }

    /// <summary>Waits until the daemon is told to stop.</summary>
    /// <param name="cancellationToken">Tells it to stop, engines running on.</param>
    public Task RunUntilStoppedAsync(CancellationToken cancellationToken) =>
        Task.WhenAny(_shutdownDone.Task, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken));

    /// <summary>Stops gateway, controller, API and store; engines run on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gateway.StopAsync(CancellationToken.None);
        await _stop.CancelAsync();
        try
        {
            await _controllerLoop;
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        await _controller.DisposeAsync();
        if (_api is not null)
        {
            // Graceful: a client that watches a shutdown still gets its last line.
            await _api.StopAsync(CancellationToken.None);
            await _api.DisposeAsync();
        }

        await _events.DisposeAsync();
        await _store.DisposeAsync();
        Log.Stopped(_logger, _shutdown is null ? "engines run on" : "engines have been stopped");
        _stop.Dispose();
        _loggers.Dispose();
    }

    private async Task ShutDownAsync()
    {
        string? error = "it was broken off by a fault; the log has the details, and engines may still be running";
        try
        {
            Tell("closing the gateway", 5);
            await _gateway.StopAsync(CancellationToken.None);
            var problems = await _controller.StopNodesAsync((phase, percent) => Tell(phase, percent), CancellationToken.None);
            error = problems.IsEmpty ? null : string.Join("; ", problems);
        }
        catch (Exception exception) when (exception is ControlStoreException or IOException)
        {
            error = exception.Message;
        }
        finally
        {
            // Whatever happened: who waits for the end must not wait for ever.
            Tell(error is null ? "stopped; all data is kept" : "stopped", 100, done: true, error);
            _shutdownDone.TrySetResult();
        }
    }

    private void Tell(string phase, int percent, bool done = false, string? error = null)
    {
        lock (_gate)
        {
            _progress = new ShutdownProgress(phase, percent, done, error);
            Progressed?.Invoke(_progress);
        }
    }

    private WebApplication BuildApi(SecretProtector protector, IEngineCatalogue catalogue, StorageCatalogue storages, TimeProvider clock)
    {
        File.Delete(_home.ApiSocket);
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "larder" });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_loggers);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenUnixSocket(_home.ApiSocket);
        });
        builder.Services
            .AddSingleton(_store)
            .AddSingleton(_home)
            .AddSingleton(_host)
            .AddSingleton(protector)
            .AddSingleton(catalogue)
            .AddSingleton(storages)
            .AddSingleton(clock)
            .AddSingleton<IStatusSource>(_controller)
            .AddSingleton<IEventJournal>(_events)
            .AddSingleton<IEventSource>(_events)
            .AddSingleton<IInstallationControl>(this)
            .AddSingleton<IAdmissionCheck>(new EndpointAdmission(_host))
            .AddSingleton<IAdmissionCheck>(new StorageAdmission(_home))
            .AddSingleton<IAdmissionCheck>(new MemoryAdmission())
            .AddSingleton<IAdmissionCheck>(new BackupAdmission(storages))
            .AddSingleton<IAdmissionCheck>(new CertificateAdmission(_host, clock))
            .AddSingleton<IAdmissionCheck>(new AccessAdmission(catalogue, _controller.CheckPermissionsAsync))
            .AddManagement();
        var api = builder.Build();
        api.UseMiddleware<ErrorMapping>();
        api.MapManagementApi();
        return api;
    }

    private static partial class Log
    {
        [LoggerMessage(1000, LogLevel.Information, "Larder {Version} runs as process {Pid} for {Home}.")]
        public static partial void Started(ILogger logger, string version, int pid, string home);

        [LoggerMessage(1001, LogLevel.Information, "Stopped; {Engines}.")]
        public static partial void Stopped(ILogger logger, string engines);
    }
}
