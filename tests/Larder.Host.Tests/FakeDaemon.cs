using System.Collections.Concurrent;
using System.Text.Json;
using Larder.Management.Contracts;
using Larder.Model.Installation;
using Larder.Model.Operations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Larder.Host.Tests;

/// <summary>A daemon as the command line sees it: the management API on a home's socket, with answers that a test chooses.</summary>
internal sealed class FakeDaemon : IAsyncDisposable
{
    private readonly WebApplication _api;

    private FakeDaemon(LarderHome home)
    {
        Home = home;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(home.ApiSocket));
        _api = builder.Build();
        _api.MapGet(ApiRoutes.Installation, () => Json(new InstallationView("0.1.0", Pid, home.Root, "host1", Samples.Noon)));
        _api.MapGet(ApiRoutes.Engines, () => Json(Samples.Engines));
        _api.MapPost(ApiRoutes.Plan, async (HttpRequest request) => await Noted(request, Plan));
        _api.MapPost(ApiRoutes.Caches, async (HttpRequest request) => await Noted(request, Apply));
        _api.MapGet(ApiRoutes.Caches, () => Json(Caches.Values.OrderBy(cache => cache.Name)));
        _api.MapGet(ApiRoutes.Cache, (string name) => Shown(name));
        _api.MapDelete(ApiRoutes.Cache, (string name) =>
        {
            Requests.Enqueue("DELETE " + name);
            return Json(new ApplyView(null, "0d"), 202);
        });
        _api.MapPost(ApiRoutes.ListKeys, (string name) => Caches.ContainsKey(name) ? Json(Samples.Keys) : NotFound(name));
        _api.MapPost(ApiRoutes.RegenerateKey, async (HttpRequest request) => await Noted(request, () => Json(Samples.Keys)));
        _api.MapPost(ApiRoutes.Failover, async (HttpRequest request) => await Noted(request, Failover));
        _api.MapGet(ApiRoutes.Backups, (string name, string? storage) =>
        {
            Requests.Enqueue($"BACKUPS {name} {storage}");
            return Backups(name);
        });
        foreach (var route in new[] { ApiRoutes.Backups, ApiRoutes.Restore, ApiRoutes.Export, ApiRoutes.Import })
        {
            _api.MapPost(route, async (HttpRequest request) => await Noted(request, Transfer));
        }

        _api.MapPost(ApiRoutes.DrillCheck, async (HttpRequest request) => await Noted(request, DrillCheck));
        _api.MapGet(ApiRoutes.Events, (string name, long after) =>
            Caches.ContainsKey(name) ? Json(Events.Where(happened => happened.Sequence > after)) : NotFound(name));
        _api.MapGet(ApiRoutes.EventsFollow, async (long after, HttpResponse response) =>
        {
            Requests.Enqueue($"FOLLOW {after}");
            response.ContentType = "application/x-ndjson";
            foreach (var happened in Later)
            {
                await response.WriteAsync("\n" + JsonSerializer.Serialize(happened, ApiJson.Wire) + "\n");
            }
        });
        _api.MapPost(ApiRoutes.Artifact, () => Results.Content("""{"data":{"authentication":{"username":"","port":6380}}}""", "application/json"));
        _api.MapGet(ApiRoutes.OperationWatch, async (HttpResponse response) => await StreamAsync(response, Operation));
        _api.MapPost(ApiRoutes.Shutdown, async (HttpResponse response) =>
        {
            Requests.Enqueue("SHUTDOWN");
            await StreamAsync(response, Shutdown);
            AfterShutdown();
        });
    }

    public LarderHome Home { get; }

    public int Pid { get; set; } = Environment.ProcessId;

    public ConcurrentQueue<string> Requests { get; } = [];

    public ConcurrentDictionary<string, CacheView> Caches { get; } = new(StringComparer.OrdinalIgnoreCase);

    public Func<IResult> Plan { get; set; } = () => Json(Samples.CreatePlan);

    public Func<IResult> Apply { get; set; } = () => Json(new ApplyView(Samples.CreatePlan, "0a"), 202);

    public Func<string, CacheView?>? Show { get; set; }

    public Func<IResult> Failover { get; set; } = () => Json(new ApplyView(null, "0f"), 202);

    public Func<IResult> Transfer { get; set; } = () => Json(new ApplyView(null, "0b"), 202);

    public Func<string, IResult> Backups { get; set; } = name => Json(new BackupsView(name, "local", "/home/ada/.larder/storages/local", [], [], null));

    public Func<IResult> DrillCheck { get; set; } = () => Json(new ApplyView(null, null));

    public EventView[] Events { get; set; } = [];

    public EventView[] Later { get; set; } = [];

    public OperationDocument[] Operation { get; set; } =
        [Samples.Operation("accepted", 0), Samples.Operation("starting engines", 40), Samples.Operation("in sync", 100, OperationState.Succeeded)];

    public ShutdownProgress[] Shutdown { get; set; } = [new("closing the gateway", 5, false, null), new("stopped; all data is kept", 100, true, null)];

    public Action AfterShutdown { get; set; } = () => { };

    public static async Task<FakeDaemon> StartAsync(LarderHome home)
    {
        var daemon = new FakeDaemon(home);
        await daemon._api.StartAsync(TestContext.Current.CancellationToken);
        return daemon;
    }

    public static IResult Json<T>(T value, int status = 200) => Results.Json(value, ApiJson.Wire, statusCode: status);

    public static IResult Error(int status, string code, string message, params string[] details) =>
        Json(new ErrorView(code, message, [.. details]), status);

    public async ValueTask DisposeAsync()
    {
        await _api.StopAsync();
        await _api.DisposeAsync();
    }

    private IResult Shown(string name) => (Show is null ? Caches.GetValueOrDefault(name) : Show(name)) is { } cache ? Json(cache) : NotFound(name);

    private static IResult NotFound(string name) => Error(404, "not_found", $"There is no cache named '{name}'. There are none yet.");

    private async Task<IResult> Noted(HttpRequest request, Func<IResult> answer)
    {
        using var reader = new StreamReader(request.Body);
        Requests.Enqueue($"{request.Method} {request.Path} {await reader.ReadToEndAsync()}");
        return answer();
    }

    private static async Task StreamAsync<T>(HttpResponse response, IEnumerable<T> lines)
    {
        response.ContentType = "application/x-ndjson";
        foreach (var line in lines)
        {
            await response.WriteAsync(JsonSerializer.Serialize(line, ApiJson.Wire) + "\n");
            await response.Body.FlushAsync();
        }
    }
}
