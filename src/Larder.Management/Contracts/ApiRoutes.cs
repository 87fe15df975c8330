namespace Larder.Management.Contracts;

/// <summary>
/// The paths of the management API (HTTP/1.1 on an owner-only unix socket, JSON with camelCase names and enums as words).
/// Answers: 200 with a view, 202 with an <see cref="ApplyView"/> for long work, else an <see cref="ErrorView"/> with
/// 400 (invalid), 404 (not found), 409 (busy), 422 (refused), 503 (store unavailable, stopping).
/// </summary>
public static class ApiRoutes
{
    /// <summary>GET: <see cref="InstallationView"/>.</summary>
    public const string Installation = "/v1/installation";

    /// <summary>GET: <see cref="EnginesView"/>.</summary>
    public const string Engines = "/v1/engines";

    /// <summary>POST a spec in JSON form: <see cref="PlanView"/>, also where it has refusals.</summary>
    public const string Plan = "/v1/plan";

    /// <summary>GET: array of <see cref="CacheView"/>. POST a spec in JSON form: apply, <see cref="ApplyView"/>.</summary>
    public const string Caches = "/v1/caches";

    /// <summary>GET: <see cref="CacheView"/>. DELETE: <see cref="ApplyView"/>.</summary>
    public const string Cache = "/v1/caches/{name}";

    /// <summary>POST (a read that hands out secrets is no GET), with <c>?user=</c> for the keys of another user than <c>default</c>: <see cref="KeysView"/>.</summary>
    public const string ListKeys = "/v1/caches/{name}/list-keys";

    /// <summary>POST <see cref="RegenerateKeyRequest"/>: <see cref="KeysView"/> with both keys.</summary>
    public const string RegenerateKey = "/v1/caches/{name}/regenerate-key";

    /// <summary>POST <see cref="FailoverRequest"/>: <see cref="ApplyView"/>.</summary>
    public const string Failover = "/v1/caches/{name}/failover";

    /// <summary>POST <see cref="DrillRequest"/>: <see cref="ApplyView"/>.</summary>
    public const string Drill = "/v1/caches/{name}/drill";

    /// <summary>POST <see cref="DrillRequest"/>: 200 where it would be accepted; changes nothing.</summary>
    public const string DrillCheck = "/v1/caches/{name}/drill/check";

    /// <summary>GET, with <c>?after=SEQUENCE</c> where some are known: array of <see cref="EventView"/>, oldest first.</summary>
    public const string Events = "/v1/caches/{name}/events";

    /// <summary>
    /// GET, with <c>?after=SEQUENCE</c> where some are known: newline-delimited JSON, an <see cref="EventView"/> each, as they happen. An empty line
    /// each 30 s where nothing does. Ends when the cache is deleted or the daemon stops.
    /// </summary>
    public const string EventsFollow = "/v1/caches/{name}/events/follow";

    /// <summary>POST: the connection artifact: a JSON object with the authentication and the addresses, in the form of <c>massdriver/redis-authentication</c>.</summary>
    public const string Artifact = "/v1/caches/{name}/artifact";

    /// <summary>GET, with <c>?storage=</c> for another one than the cache's own: <see cref="BackupsView"/>. POST: takes one now, <see cref="ApplyView"/>.</summary>
    public const string Backups = "/v1/caches/{name}/backups";

    /// <summary>POST <see cref="RestoreRequest"/>: <see cref="ApplyView"/>.</summary>
    public const string Restore = "/v1/caches/{name}/restore";

    /// <summary>POST <see cref="ExportRequest"/>: <see cref="ApplyView"/>.</summary>
    public const string Export = "/v1/caches/{name}/export";

    /// <summary>POST <see cref="ImportRequest"/>: <see cref="ApplyView"/>. Replaces all data.</summary>
    public const string Import = "/v1/caches/{name}/import";

    /// <summary>GET: <c>OperationDocument</c>.</summary>
    public const string Operation = "/v1/operations/{id}";

    /// <summary>GET: newline-delimited JSON, an <c>OperationDocument</c> at once and at each change, until it has ended.</summary>
    public const string OperationWatch = "/v1/operations/{id}/watch";

    /// <summary>POST: stops the gateway, the engines in order (data kept) and the daemon; newline-delimited JSON <see cref="ShutdownProgress"/> until done.</summary>
    public const string Shutdown = "/v1/shutdown";
}
