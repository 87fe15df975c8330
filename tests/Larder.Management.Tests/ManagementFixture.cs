using System.Collections.Immutable;
using Larder.Backup.Storages;
using Larder.Management.Admission;
using Larder.Management.Services;
using Larder.Model.Engines;
using Larder.Model.Events;
using Larder.Model.Installation;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Security.Keys;
using Larder.Store;
using Larder.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Management.Tests;

/// <summary>Management on a store in memory, with a catalogue and a host that the test decides on.</summary>
internal sealed class ManagementFixture : IStatusSource, IEngineCatalogue, IAdmissionCheck, IAsyncDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("larder-mgmt-").FullName;
    private readonly ServiceProvider _services;

    public ManagementFixture()
    {
        Local = new FolderStorage("local", Path.Combine(_home, "storages", "local"));
        Store = new MemoryControlStore(Clock);
        Protector = new SecretProtector(InstallationKey.OpenOrCreate(_home));
        _services = new ServiceCollection()
            .AddSingleton<IControlStore>(Store)
            .AddSingleton(new LarderHome(_home))
            .AddSingleton(new HostIdentity { Name = "here" })
            .AddSingleton(Protector)
            .AddSingleton<IEngineCatalogue>(this)
            .AddSingleton(new StorageCatalogue([Local]))
            .AddSingleton<IStatusSource>(this)
            .AddSingleton<IAdmissionCheck>(this)
            .AddSingleton<IEventJournal>(Journal)
            .AddSingleton<IEventSource>(Journal)
            .AddSingleton<TimeProvider>(Clock)
            .AddManagement()
            .BuildServiceProvider();
    }

    public FakeTimeProvider Clock { get; } = new();

    public MemoryControlStore Store { get; }

    public SecretProtector Protector { get; }

    public RecordingJournal Journal { get; } = new();

    public AdmissionResult Admission { get; set; } = AdmissionResult.Fine;

    public CacheService Caches => _services.GetRequiredService<CacheService>();

    public FolderStorage Local { get; }

    public LarderHome Home => new(_home);

    public TransferService Transfers => _services.GetRequiredService<TransferService>();

    public CacheDocuments Documents => _services.GetRequiredService<CacheDocuments>();

    public AccessKeyService Keys => _services.GetRequiredService<AccessKeyService>();

    public FailoverService Failovers => _services.GetRequiredService<FailoverService>();

    public ScalingService Scaling => _services.GetRequiredService<ScalingService>();

    public EventService Events => _services.GetRequiredService<EventService>();

    public OperationService Operations => _services.GetRequiredService<OperationService>();

    public EngineCatalogueSnapshot Current { get; set; } = new([Engine(EngineFamily.Redis, "7.0.15"), Engine(EngineFamily.Redis, "8.0.2")], []);

    public static CacheSpec Spec(string name = "orders") =>
        new() { Name = name, MemoryMb = 64, Redis = new RedisSpec { Capacity = 1, ReplicasPerPrimary = 1 } };

    public CacheStatus? Status { get; set; }

    public CacheStatus? Find(string cache) => Status;

    public Task<EngineCatalogueSnapshot> RefreshAsync(CancellationToken cancellationToken) => Task.FromResult(Current);

    public bool CanRaiseMemory(EngineInstallation installation) => installation.Family != EngineFamily.Garnet;

    public ImmutableArray<string> LimitationsOf(EngineInstallation installation) => [];

    public ValueTask<AdmissionResult> CheckAsync(
        CacheSpec? current, CacheSpec desired, IReadOnlyList<CacheSpec> others, CancellationToken cancellationToken) => ValueTask.FromResult(Admission);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Store.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    private static EngineInstallation Engine(EngineFamily family, string version) => new()
    {
        Family = family,
        Version = Version.Parse(version),
        ServerPath = "/usr/bin/redis-server",
        Executable = "/usr/bin/redis-server",
        Origin = "PATH",
    };
}
