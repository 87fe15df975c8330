using System.Collections.Immutable;
using Larder.Backup.Storages;
using Larder.Controller;
using Larder.Controller.Caches;
using Larder.Engines;
using Larder.Engines.Catalogue;
using Larder.Model.Engines;
using Larder.Model.Installation;
using Larder.Model.Operations;
using Larder.Model.Routing;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Security.Certificates;
using Larder.Security.Keys;
using Larder.Store;
using Larder.Store.Documents;
using Larder.Store.Sqlite;
using Larder.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>
/// A controller on a real SQLite store with real engines in a home of its own, without gateway and API. Disposing it stops the engines.
/// </summary>
internal sealed class ControllerFixture : IAsyncDisposable
{
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly SecretProtector _protector;
    private readonly CertificateAuthority _authority;
    private readonly CancellationTokenSource _stop = new();
    private readonly Catalogue _catalogue;
    private readonly AgentOptions _options;
    private SqliteControlStore? _store;
    private CacheController? _controller;
    private Task _loop = Task.CompletedTask;

    private ControllerFixture(string home, EngineCatalogue found, EngineDrivers drivers, AgentOptions options)
    {
        _options = options;
        Home = new LarderHome(home);
        Directory.CreateDirectory(Home.RuntimeFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Drivers = drivers;
        _catalogue = new Catalogue([.. found.Installations]);
        _protector = new SecretProtector(InstallationKey.OpenOrCreate(home));
        _authority = CertificateAuthority.OpenOrCreate(home, _protector, _clock);
    }

    public LarderHome Home { get; }

    /// <summary>The controller's clock; the store and the engines have the system's.</summary>
    public ShiftedTime Time { get; } = new();

    public EngineDrivers Drivers { get; }

    public RoutePublisher Routes { get; private set; } = new();

    public RecordingJournal Journal { get; } = new();

    public IControlStore Store => _store!;

    public static async Task<ControllerFixture> StartAsync(AgentOptions? options = null)
    {
        var home = Directory.CreateTempSubdirectory("larder-it-").FullName;
        var found = await EngineCatalogue.DiscoverAsync(
            CatalogueSources.Usual(home, GarnetHost), TimeProvider.System, TestContext.Current.CancellationToken);
        var fixture = new ControllerFixture(home, found, new EngineDrivers(TimeProvider.System), options ?? new AgentOptions());
        await fixture.StartControllerAsync();
        return fixture;
    }

    /// <summary>Starts a controller, as a daemon that comes up does.</summary>
    public async Task StartControllerAsync()
    {
        Routes = new RoutePublisher();
        _store = await SqliteControlStore.OpenAsync(Home.StorePath, _clock, CancellationToken.None);
        _controller = new CacheController(new ControllerDependencies
        {
            Store = _store,
            Host = new HostIdentity { Name = "here" },
            Home = Home,
            Protector = _protector,
            Certificates = new ServerCertificateStore(Home.Root, _authority, _clock),
            HostNames = ServerNames.Create(["localhost"], []),
            Catalogue = _catalogue,
            Storages = new StorageCatalogue([new FolderStorage("local", Home.StorageFolder("local")), new FolderStorage("second", Home.StorageFolder("second"))]),
            Drivers = Drivers,
            Gateway = new OpenGateway(),
            GatewayHold = new OpenGateway(),
            Routes = Routes,
            Events = Journal,
            Options = _options,
            Clock = Time,
            Random = new Random(),
            Loggers = NullLoggerFactory.Instance,
        });
        _loop = Task.Run(() => _controller.RunAsync(_stop.Token));
    }

    /// <summary>Lets go of everything at once, as a daemon that is killed does: engines run on.</summary>
    public async Task AbandonControllerAsync()
    {
        await _controller!.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _loop);
        await _store!.DisposeAsync();
    }

    public async Task<string> CreateAsync(CacheSpec spec)
    {
        var operation = Begun(OperationKind.Create, spec.Name);
        var document = new CacheDocument
        {
            Spec = spec,
            Generation = 1,
            Uid = Guid.NewGuid().ToString("N"),
            CreatedAt = _clock.GetUtcNow(),
            OperationId = operation.Id,
        };
        var secrets = new SecretsDocument
        {
            PrimaryKey = _protector.Protect(AccessKeyGenerator.Create(), SecretPurposes.AccessKey),
            PrimaryGeneration = 1,
            SecondaryKey = _protector.Protect(AccessKeyGenerator.Create(), SecretPurposes.AccessKey),
            SecondaryGeneration = 1,
            InternalPassword = _protector.Protect(EnginePasswordGenerator.Create(), SecretPurposes.InternalPassword),
            GatewayPassword = _protector.Protect(EnginePasswordGenerator.Create(), SecretPurposes.GatewayPassword),
        };
        var result = await Store.CommitAsync(
            StoreTransaction.Empty
                .Put(StoreKeys.Spec(spec.Name), StoreCodec.Encode(document, DocumentSchemas.Current))
                .Put(StoreKeys.Secrets(spec.Name), StoreCodec.Encode(secrets, DocumentSchemas.Current))
                .Put(StoreKeys.Operation(operation.Id), StoreCodec.Encode(operation, DocumentSchemas.Current)),
            CancellationToken.None);
        Assert.True(result.Committed);
        return operation.Id;
    }

    /// <summary>Asks for another number of shards, as management does.</summary>
    public async Task<string> ScaleAsync(string cache, int shards)
    {
        var operation = Begun(OperationKind.Update, cache);
        var spec = StoreCodec.Decode<CacheDocument>(StoreKeys.Spec(cache), (await Store.GetAsync(StoreKeys.Spec(cache), CancellationToken.None))!.Value, DocumentSchemas.Current);
        var cluster = await ClusterAsync(cache);
        var result = await Store.CommitAsync(
            StoreTransaction.Empty
                .Put(StoreKeys.Cluster(cache), StoreCodec.Encode(
                    cluster with
                    {
                        Shards = cluster.Shards.SetItems(Enumerable.Range(0, shards).Where(shard => !cluster.Shards.ContainsKey(shard)).Select(shard => KeyValuePair.Create(shard, ""))),
                        Scaling = new ScalingDocument(operation.Id, spec.Spec.ShardCount, shards),
                    },
                    DocumentSchemas.Current))
                .Put(StoreKeys.Operation(operation.Id), StoreCodec.Encode(operation, DocumentSchemas.Current))
                .Put(StoreKeys.Spec(cache), StoreCodec.Encode(
                    spec with
                    {
                        Spec = spec.Spec with { Cluster = spec.Spec.Cluster with { ShardCount = shards } },
                        Generation = spec.Generation + 1,
                        OperationId = operation.Id,
                    },
                    DocumentSchemas.Current)),
            CancellationToken.None);
        Assert.True(result.Committed);
        return operation.Id;
    }

    /// <summary>Which shard has which slots, as the store says.</summary>
    public async Task<ClusterDocument> ClusterAsync(string cache) => StoreCodec.Decode<ClusterDocument>(
        StoreKeys.Cluster(cache), (await Store.GetAsync(StoreKeys.Cluster(cache), CancellationToken.None))!.Value, DocumentSchemas.Current);

    /// <summary>Waits until the store says of a cluster what is wanted.</summary>
    public async Task WaitForClusterAsync(string cache, Func<ClusterDocument, bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        var key = StoreKeys.Cluster(cache);
        await foreach (var change in Store.WatchAsync(key, 1, deadline.Token))
        {
            if (change.Changes[0].Value is { } value && condition(StoreCodec.Decode<ClusterDocument>(key, value, DocumentSchemas.Current)))
            {
                return;
            }
        }
    }

    /// <summary>A connection to a node that may do everything there.</summary>
    public async Task<EngineSession> AdministerAsync(string cache, int node)
    {
        var document = await ReadAsync<CacheDocument>(StoreKeys.Spec(cache));
        var secrets = await ReadAsync<SecretsDocument>(StoreKeys.Secrets(cache));
        return await EngineSession.OpenAsync(
            Home.NodeSocket(document.Uid, node), "larder", _protector.Unprotect(secrets.InternalPassword, SecretPurposes.InternalPassword));

        async Task<T> ReadAsync<T>(string key) =>
            StoreCodec.Decode<T>(key, (await Store.GetAsync(key, TestContext.Current.CancellationToken))!.Value, DocumentSchemas.Current);
    }

    /// <summary>Asks for another primary, as management does.</summary>
    public async Task<string> FailOverAsync(string cache, long fromEpoch, bool force)
    {
        var operation = Begun(OperationKind.Failover, cache);
        return await AskAsync(operation, StoreKeys.Failover(cache), new FailoverDocument(operation.Id, 0, fromEpoch, force));
    }

    /// <summary>Asks for an export, as management does.</summary>
    public async Task<string> ExportAsync(string cache, string prefix)
    {
        var operation = Begun(OperationKind.Export, cache);
        return await AskAsync(
            operation, StoreKeys.Transfer(cache), new TransferDocument { OperationId = operation.Id, Kind = operation.Kind, Storage = "local", Prefix = prefix });
    }

    /// <summary>Waits until the store says that exactly these nodes have the newest data.</summary>
    public async Task WaitForNewestAsync(string cache, int[] nodes)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        var key = StoreKeys.Epoch(cache, 0);
        var now = await Store.ListAsync(key, deadline.Token);
        if (Matches(now.Entries[0].Value))
        {
            return;
        }

        await foreach (var change in Store.WatchAsync(key, now.Revision + 1, deadline.Token))
        {
            if (Matches(change.Changes[0].Value!))
            {
                return;
            }
        }

        bool Matches(string value) => StoreCodec.Decode<EpochDocument>(key, value, DocumentSchemas.Current).InSync.SequenceEqual(nodes);
    }

    /// <summary>Waits for an operation's end, which is written a moment after the status that it has reached.</summary>
    public async Task<OperationState> EndOfAsync(string operation, int seconds = 20) => (await EndAsync(operation, seconds)).State;

    /// <summary>Waits until an operation has succeeded; where it fails, its reason is the failure's.</summary>
    public async Task SucceedAsync(string operation)
    {
        var end = await EndAsync(operation);
        Assert.True(end.State == OperationState.Succeeded, $"{end.Kind} of {end.Cache}: {end.Error?.Message}");
    }

    private async Task<OperationDocument> EndAsync(string operation, int seconds = 20)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(seconds));
        var key = StoreKeys.Operation(operation);
        await foreach (var change in Store.WatchAsync(key, 1, deadline.Token))
        {
            var document = StoreCodec.Decode<OperationDocument>(key, change.Changes[0].Value!, DocumentSchemas.Current);
            if (document.State != OperationState.Running)
            {
                return document;
            }
        }

        throw new InvalidOperationException("A watch ended by itself.");
    }

    public async Task<CacheStatus> WaitAsync(string cache, string what, Func<CacheStatus, bool> condition)
    {
        var began = _clock.GetTimestamp();
        while (true)
        {
            var status = _controller!.Find(cache);
            if (status is not null && condition(status))
            {
                return status;
            }

            if (_clock.GetElapsedTime(began) > TimeSpan.FromSeconds(30))
            {
                var nodes = status?.Shards.SelectMany(shard => shard.Nodes.Select(node => $"{shard.Id}/{node.Ordinal} epoch {shard.Epoch} {node}"));
                throw new TimeoutException($"{cache} was not {what}; last seen: {status?.State} {status?.Message} {string.Join("; ", nodes ?? [])}");
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _controller!.StopNodesAsync((_, _) => { }, CancellationToken.None);
        await AbandonControllerAsync();
        _stop.Dispose();
        _authority.Dispose();
        Directory.Delete(Home.Root, recursive: true);
    }

    private async Task<string> AskAsync<T>(OperationDocument operation, string key, T wanted)
    {
        var result = await Store.CommitAsync(
            StoreTransaction.Empty
                .Put(key, StoreCodec.Encode(wanted, DocumentSchemas.Current))
                .Put(StoreKeys.Operation(operation.Id), StoreCodec.Encode(operation, DocumentSchemas.Current)),
            CancellationToken.None);
        Assert.True(result.Committed);
        return operation.Id;
    }

    private OperationDocument Begun(OperationKind kind, string cache) => new()
    {
        Id = Guid.NewGuid().ToString("N"),
        Kind = kind,
        Cache = cache,
        State = OperationState.Running,
        StartedAt = _clock.GetUtcNow(),
    };

    private static string? GarnetHost
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Larder.slnx")))
            {
                folder = folder.Parent;
            }

            return folder is null ? null : Directory.GetFiles(Path.Combine(folder.FullName, "src", "Larder.GarnetHost", "bin"), "larder-garnet.dll", SearchOption.AllDirectories).FirstOrDefault();
        }
    }

    private sealed class OpenGateway : IGatewayStatus, IGatewayHold
    {
        public string? ListenerProblem(ListenEndpoint endpoint) => "";

        public Task<bool> HoldAsync(string cache, HoldReason reason, TimeSpan limit, CancellationToken cancellationToken) => Task.FromResult(true);

        public Task<bool> FollowAsync(string cache, long epoch, TimeSpan limit, CancellationToken cancellationToken) => Task.FromResult(true);

        public void Release(string cache)
        {
            // No clients, so nothing is held.
        }
    }

    private sealed class Catalogue(ImmutableArray<EngineInstallation> installations) : IEngineCatalogue
    {
        public EngineCatalogueSnapshot Current { get; } = new(installations, []);

        public Task<EngineCatalogueSnapshot> RefreshAsync(CancellationToken cancellationToken) => Task.FromResult(Current);

        public bool CanRaiseMemory(EngineInstallation installation) => true;

        public ImmutableArray<string> LimitationsOf(EngineInstallation installation) => [];
    }
}
