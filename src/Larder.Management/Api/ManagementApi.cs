using System.Text;
using System.Text.Json;
using Larder.Management.Contracts;
using Larder.Management.Services;
using Larder.Model.Engines;
using Larder.Model.Specs;
using Larder.Spec;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Larder.Management.Api;

/// <summary>The management API's handlers: each one line over a service. See <see cref="ApiRoutes"/> for the contract.</summary>
public static class ManagementApi
{
    /// <summary>The largest request body.</summary>
    private const int LargestBody = 1 << 20;

    /// <summary>Adds all handlers.</summary>
    /// <param name="routes">Where to.</param>
    /// <returns>The same.</returns>
    public static IEndpointRouteBuilder MapManagementApi(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        routes.MapGet(ApiRoutes.Installation, (IInstallationControl control) => Json(control.Describe()));
        routes.MapGet(ApiRoutes.Engines, async (IEngineCatalogue catalogue, CancellationToken cancellationToken) =>
            Json(EnginesViews.Of(await catalogue.RefreshAsync(cancellationToken), catalogue)));
        routes.MapPost(ApiRoutes.Plan, async (HttpRequest request, CacheService caches, CancellationToken cancellationToken) =>
            Json(await caches.PlanAsync(await ReadSpecAsync(request, cancellationToken), cancellationToken)));
        routes.MapGet(ApiRoutes.Caches, async (CacheService caches, CancellationToken cancellationToken) =>
            Json(await caches.ListAsync(cancellationToken)));
        routes.MapPost(ApiRoutes.Caches, async (HttpRequest request, CacheService caches, CancellationToken cancellationToken) =>
            Accepted(await caches.ApplyAsync(await ReadSpecAsync(request, cancellationToken), cancellationToken)));
        routes.MapGet(ApiRoutes.Cache, async (string name, CacheService caches, CancellationToken cancellationToken) =>
            Json(await caches.ShowAsync(name, cancellationToken)));
        routes.MapDelete(ApiRoutes.Cache, async (string name, CacheService caches, CancellationToken cancellationToken) =>
            Accepted(await caches.DeleteAsync(name, cancellationToken)));
        routes.MapPost(ApiRoutes.ListKeys, async (string name, string? user, AccessKeyService keys, CancellationToken cancellationToken) =>
            Json(await keys.ListAsync(name, user, cancellationToken)));
        routes.MapPost(ApiRoutes.RegenerateKey, async (string name, HttpRequest request, AccessKeyService keys, CancellationToken cancellationToken) =>
            Json(await keys.RegenerateAsync(name, await ReadAsync<RegenerateKeyRequest>(request, cancellationToken), cancellationToken)));
        routes.MapPost(ApiRoutes.Failover, async (string name, HttpRequest request, FailoverService failovers, CancellationToken cancellationToken) =>
            Accepted(await failovers.FailOverAsync(name, await ReadAsync<FailoverRequest>(request, cancellationToken), cancellationToken)));
        routes.MapPost(ApiRoutes.Drill, async (string name, HttpRequest request, FailoverService failovers, CancellationToken cancellationToken) =>
            Accepted(await failovers.DrillAsync(name, await ReadAsync<DrillRequest>(request, cancellationToken), cancellationToken)));
        routes.MapPost(ApiRoutes.DrillCheck, async (string name, HttpRequest request, FailoverService failovers, CancellationToken cancellationToken) =>
        {
            await failovers.CheckDrillAsync(name, await ReadAsync<DrillRequest>(request, cancellationToken), cancellationToken);
            return Accepted(new ApplyView(null, null));
        });
        routes.MapGet(ApiRoutes.Events, async (string name, string? after, EventService events, CancellationToken cancellationToken) =>
            Json(await events.ListAsync(name, after, cancellationToken)));
        routes.MapGet(ApiRoutes.EventsFollow, async (
            string name, string? after, EventService events, IHostApplicationLifetime daemon, HttpResponse response, CancellationToken cancellationToken) =>
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, daemon.ApplicationStopping);
            try
            {
                await StreamAsync(response, await events.FollowAsync(name, after, either.Token), either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The daemon stops: the answer ends in order.
            }
        });
        routes.MapGet(ApiRoutes.Backups, async (string name, string? storage, TransferService transfers, CancellationToken cancellationToken) =>
            Json(await transfers.ListAsync(name, storage, cancellationToken)));
        routes.MapPost(ApiRoutes.Backups, async (string name, TransferService transfers, CancellationToken cancellationToken) =>
            Accepted(await transfers.BackUpAsync(name, cancellationToken)));
        routes.MapPost(ApiRoutes.Restore, async (string name, HttpRequest request, TransferService transfers, CancellationToken cancellationToken) =>
            Accepted(await transfers.RestoreAsync(name, await ReadAsync<RestoreRequest>(request, cancellationToken), cancellationToken)));
        routes.MapPost(ApiRoutes.Export, async (string name, HttpRequest request, TransferService transfers, CancellationToken cancellationToken) =>
            Accepted(await transfers.ExportAsync(name, await ReadAsync<ExportRequest>(request, cancellationToken), cancellationToken)));
        routes.MapPost(ApiRoutes.Import, async (string name, HttpRequest request, TransferService transfers, CancellationToken cancellationToken) =>
            Accepted(await transfers.ImportAsync(name, await ReadAsync<ImportRequest>(request, cancellationToken), cancellationToken)));
        routes.MapPost(ApiRoutes.Artifact, async (string name, CacheService caches, AccessKeyService keys, CancellationToken cancellationToken) =>
            Json(ConnectionArtifact.Render(
                await caches.ShowAsync(name, cancellationToken), (await keys.ListAsync(name, null, cancellationToken)).Primary)));
        routes.MapGet(ApiRoutes.Operation, async (string id, OperationService operations, CancellationToken cancellationToken) =>
            Json(await operations.GetAsync(id, cancellationToken)));
        routes.MapGet(ApiRoutes.OperationWatch, async (string id, OperationService operations, HttpResponse response, CancellationToken cancellationToken) =>
        {
            await operations.GetAsync(id, cancellationToken);
            await StreamAsync(response, operations.WatchAsync(id, cancellationToken), cancellationToken);
        });
        routes.MapPost(ApiRoutes.Shutdown, (IInstallationControl control, HttpResponse response, CancellationToken cancellationToken) =>
            StreamAsync(response, control.ShutdownAsync(cancellationToken), cancellationToken));
        return routes;
    }

    private static IResult Json<T>(T value) => Results.Json(value, ApiJson.Wire);

    private static IResult Accepted(ApplyView view) =>
        Results.Json(view, ApiJson.Wire, statusCode: view.OperationId is null ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);

    private static async Task StreamAsync<T>(HttpResponse response, IAsyncEnumerable<T> values, CancellationToken cancellationToken)
    {
        response.ContentType = "application/x-ndjson";
        await response.StartAsync(cancellationToken);
        await foreach (var value in values.WithCancellation(cancellationToken))
        {
            if (value is not null)
            {
                await JsonSerializer.SerializeAsync(response.Body, value, ApiJson.Wire, cancellationToken);
            }

            await response.Body.WriteAsync("\n"u8.ToArray(), cancellationToken);
            await response.Body.FlushAsync(cancellationToken);
        }
    }

    private static async Task<CacheSpec> ReadSpecAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var result = SpecLoader.Parse(await ReadTextAsync(request, cancellationToken), "request");
        return result.Spec ?? throw new ManagementException(
            ManagementFailure.Invalid, "The spec is not valid:", [.. result.Errors.Select(error => error.ToString())]);
    }

    private static async Task<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(await ReadTextAsync(request, cancellationToken), ApiJson.Wire)
                ?? throw new ManagementException(ManagementFailure.Invalid, "The request has no body.");
        }
        catch (JsonException exception)
        {
            throw new ManagementException(ManagementFailure.Invalid, $"The request's body is not the JSON that is expected: {exception.Message}");
        }
    }

    private static async Task<string> ReadTextAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > LargestBody)
        {
            throw new ManagementException(ManagementFailure.Invalid, $"The request has {request.ContentLength} bytes; at most {LargestBody} are read.");
        }

        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
