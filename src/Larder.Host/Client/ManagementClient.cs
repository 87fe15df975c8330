using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Larder.Management.Contracts;
using Larder.Model.Installation;
using Larder.Model.Operations;

namespace Larder.Host.Client;

/// <summary>
/// Asks a home's daemon over its management socket. Every call ends: with an answer, with a <see cref="ManagementRequestException"/> where the
/// daemon says no, or with a <see cref="DaemonUnreachableException"/>. Thread-safe.
/// </summary>
internal sealed class ManagementClient : IDisposable
{
    /// <summary>How long a daemon may take to accept a connection and to say who it is.</summary>
    public static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long it may take for any other answer, or between two lines of a stream's beginning.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    /// <summary>How long it may take where a storage is asked first: it may be far away, and is tried several times.</summary>
    public static readonly TimeSpan StorageTimeout = TimeSpan.FromMinutes(4);

    /// <summary>How long an operation or a shutdown may go on without any news.</summary>
    public static readonly TimeSpan SilenceTimeout = TimeSpan.FromHours(1);

    /// <summary>How long a stream that has heartbeats may be silent.</summary>
    public static readonly TimeSpan HeartbeatTimeout = TimeSpan.FromSeconds(90);

    private readonly LarderHome _home;
    private readonly TimeProvider _clock;
    private readonly string _command;
    private readonly HttpClient _http;

    /// <summary>Makes a client; connects at the first call.</summary>
    /// <param name="home">The installation.</param>
    /// <param name="clock">The clock of the deadlines.</param>
    /// <param name="command">How this installation's larder is called, for errors that say what to do.</param>
    public ManagementClient(LarderHome home, TimeProvider clock, string command = "larder")
    {
        (_home, _clock, _command) = (home, clock, command);
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = ConnectAsync,
        };
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://larder/"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Who answers.</summary>
    public Task<InstallationView> DescribeAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ApiRoutes.Installation, null, ClientJson.Default.InstallationView, ProbeTimeout, cancellationToken);

    /// <summary>Who answers, or <c>null</c> where no daemon runs.</summary>
    /// <exception cref="DaemonUnreachableException">One runs, and does not answer or may not be asked.</exception>
    public async Task<InstallationView?> TryDescribeAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(_home.ApiSocket))
        {
            return null;
        }

        try
        {
            return await DescribeAsync(cancellationToken);
        }
        catch (DaemonUnreachableException exception) when (exception.Kind == DaemonUnreachableKind.NotRunning)
        {
            return null;
        }
    }

    /// <summary>The engines that the daemon's host can run.</summary>
    public Task<EnginesView> EnginesAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ApiRoutes.Engines, null, ClientJson.Default.EnginesView, AnswerTimeout, cancellationToken);

    /// <summary>What applying a spec would do.</summary>
    public Task<PlanView> PlanAsync(string specJson, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, ApiRoutes.Plan, specJson, ClientJson.Default.PlanView, AnswerTimeout, cancellationToken);

    /// <summary>Applies a spec; the work goes on after the answer.</summary>
    public Task<ApplyView> ApplyAsync(string specJson, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, ApiRoutes.Caches, specJson, ClientJson.Default.ApplyView, AnswerTimeout, cancellationToken);

    /// <summary>All caches by name; their specs are not read.</summary>
    public Task<ImmutableArray<CacheView>> ListAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ApiRoutes.Caches, null, ClientJson.Default.ImmutableArrayCacheView, AnswerTimeout, cancellationToken);

    /// <summary>All caches by name, as the daemon writes them: an array.</summary>
    public Task<JsonElement> ListJsonAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, ApiRoutes.Caches, null, ClientJson.Default.JsonElement, AnswerTimeout, cancellationToken);

    /// <summary>One cache; its spec is not read.</summary>
    public Task<CacheView> ShowAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Of(ApiRoutes.Cache, name), null, ClientJson.Default.CacheView, AnswerTimeout, cancellationToken);

    /// <summary>One cache as the daemon writes it, its spec included.</summary>
    public Task<JsonElement> ShowJsonAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, Of(ApiRoutes.Cache, name), null, ClientJson.Default.JsonElement, AnswerTimeout, cancellationToken);

    /// <summary>Deletes a cache; the work goes on after the answer.</summary>
    public Task<ApplyView> DeleteAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, Of(ApiRoutes.Cache, name), null, ClientJson.Default.ApplyView, AnswerTimeout, cancellationToken);

    /// <summary>A cache's access keys, in clear.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="user">Whose keys; <c>null</c> for those of <c>default</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<KeysView> KeysAsync(string name, string? user, CancellationToken cancellationToken) =>
        SendAsync(
            HttpMethod.Post, Of(ApiRoutes.ListKeys, name) + (user is null ? "" : $"?user={Uri.EscapeDataString(user)}"), "{}", ClientJson.Default.KeysView, AnswerTimeout, cancellationToken);

    /// <summary>Replaces one access key.</summary>
    public Task<KeysView> RegenerateKeyAsync(string name, RegenerateKeyRequest request, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.Serialize(request, ClientJson.Default.RegenerateKeyRequest);
        return SendAsync(HttpMethod.Post, Of(ApiRoutes.RegenerateKey, name), body, ClientJson.Default.KeysView, AnswerTimeout, cancellationToken);
    }

    /// <summary>Makes another node the primary; the work goes on after the answer.</summary>
    public Task<ApplyView> FailoverAsync(string name, FailoverRequest request, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.Serialize(request, ClientJson.Default.FailoverRequest);
        return SendAsync(HttpMethod.Post, Of(ApiRoutes.Failover, name), body, ClientJson.Default.ApplyView, AnswerTimeout, cancellationToken);
    }

    /// <summary>Causes a failure on purpose; the work goes on after the answer.</summary>
    public Task<ApplyView> DrillAsync(string name, DrillRequest request, CancellationToken cancellationToken) => SendDrillAsync(ApiRoutes.Drill, name, request, cancellationToken);

    /// <summary>Looks whether a drill would be accepted; throws where it would not.</summary>
    public Task CheckDrillAsync(string name, DrillRequest request, CancellationToken cancellationToken) => SendDrillAsync(ApiRoutes.DrillCheck, name, request, cancellationToken);

    /// <summary>A cache's events after one that is known (0 for all), oldest first.</summary>
    public Task<ImmutableArray<EventView>> EventsAsync(string name, long after, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Get, $"{Of(ApiRoutes.Events, name)}?after={after}", null, ClientJson.Default.ImmutableArrayEventView, AnswerTimeout, cancellationToken);

    /// <summary>A cache's events after one that is known, as they happen. Ends when the cache is deleted or the daemon stops in order.</summary>
    public IAsyncEnumerable<EventView> FollowEventsAsync(string name, long after, CancellationToken cancellationToken) => StreamAsync(
        HttpMethod.Get, $"{Of(ApiRoutes.EventsFollow, name)}?after={after}", ClientJson.Default.EventView, null, HeartbeatTimeout, cancellationToken);

    /// <summary>A cache's backups.</summary>
    public Task<BackupsView> BackupsAsync(string name, string? storage, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Get, Of(ApiRoutes.Backups, name) + (storage is null ? "" : $"?storage={Uri.EscapeDataString(storage)}"), null,
        ClientJson.Default.BackupsView, StorageTimeout, cancellationToken);

    /// <summary>Takes a backup; the work goes on after the answer.</summary>
    public Task<ApplyView> BackUpAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Of(ApiRoutes.Backups, name), "{}", ClientJson.Default.ApplyView, StorageTimeout, cancellationToken);

    /// <summary>Brings the data of a backup back; the work goes on after the answer.</summary>
    public Task<ApplyView> RestoreAsync(string name, RestoreRequest request, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post, Of(ApiRoutes.Restore, name), JsonSerializer.Serialize(request, ClientJson.Default.RestoreRequest),
        ClientJson.Default.ApplyView, StorageTimeout, cancellationToken);

    /// <summary>Writes the data to files; the work goes on after the answer.</summary>
    public Task<ApplyView> ExportAsync(string name, ExportRequest request, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post, Of(ApiRoutes.Export, name), JsonSerializer.Serialize(request, ClientJson.Default.ExportRequest),
        ClientJson.Default.ApplyView, StorageTimeout, cancellationToken);

    /// <summary>Replaces the data by that of files; the work goes on after the answer.</summary>
    public Task<ApplyView> ImportAsync(string name, ImportRequest request, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post, Of(ApiRoutes.Import, name), JsonSerializer.Serialize(request, ClientJson.Default.ImportRequest),
        ClientJson.Default.ApplyView, StorageTimeout, cancellationToken);

    /// <summary>A cache's connection artifact; holds its primary key in clear.</summary>
    public Task<JsonObject> ArtifactAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, Of(ApiRoutes.Artifact, name), "{}", ClientJson.Default.JsonObject, AnswerTimeout, cancellationToken);

    /// <summary>An operation now and at each change; the last one has ended.</summary>
    public IAsyncEnumerable<OperationDocument> WatchOperationAsync(string id, CancellationToken cancellationToken) => StreamAsync(
        HttpMethod.Get, ApiRoutes.OperationWatch.Replace("{id}", Uri.EscapeDataString(id), StringComparison.Ordinal),
        ClientJson.Default.OperationDocument, static operation => operation.State != OperationState.Running, SilenceTimeout, cancellationToken);

    /// <summary>Stops everything in order; the daemon ends after the last line, which is done.</summary>
    public IAsyncEnumerable<ShutdownProgress> ShutdownAsync(CancellationToken cancellationToken) =>
        StreamAsync(HttpMethod.Post, ApiRoutes.Shutdown, ClientJson.Default.ShutdownProgress, static line => line.Done, SilenceTimeout, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private Task<ApplyView> SendDrillAsync(string route, string name, DrillRequest request, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.Serialize(request, ClientJson.Default.DrillRequest);
        return SendAsync(HttpMethod.Post, Of(route, name), body, ClientJson.Default.ApplyView, AnswerTimeout, cancellationToken);
    }

    private static string Of(string route, string name) => route.Replace("{name}", Uri.EscapeDataString(name), StringComparison.Ordinal);

    private async Task<T> SendAsync<T>(
        HttpMethod method, string path, string? body, JsonTypeInfo<T> type, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(timeout, _clock, cancellationToken);
        try
        {
            using var response = await SendAsync(method, path, body, deadline.Token);
            var text = await response.Content.ReadAsStringAsync(deadline.Token);
            return Read(text, type, path);
        }
        catch (Exception exception) when (Translate(exception, deadline, timeout, cancellationToken) is { } translated)
        {
            throw translated;
        }
    }

    // isLast tells the last line: a stream that ends before it has broken off. It is null where a stream may end after any line.
    private async IAsyncEnumerable<T> StreamAsync<T>(
        HttpMethod method, string path, JsonTypeInfo<T> type, Func<T, bool>? isLast, TimeSpan silent,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var beginning = new Deadline(AnswerTimeout, _clock, cancellationToken);
        using var response = await TranslatedAsync(
            () => SendAsync(method, path, method == HttpMethod.Post ? "{}" : null, beginning.Token), beginning, AnswerTimeout, cancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken), Encoding.UTF8);
        while (true)
        {
            using var silence = new Deadline(silent, _clock, cancellationToken);
            var line = await TranslatedAsync(() => reader.ReadLineAsync(silence.Token).AsTask(), silence, silent, cancellationToken);
            if (line is null)
            {
                if (isLast is null)
                {
                    yield break;
                }

                throw BrokenOff(null);
            }

            if (line.Length == 0)
            {
                continue;
            }

            var value = Read(line, type, path);
            yield return value;
            if (isLast is not null && isLast(value))
            {
                yield break;
            }
        }
    }

    private async Task<T> TranslatedAsync<T>(Func<Task<T>> act, Deadline deadline, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await act();
        }
        catch (Exception exception) when (Translate(exception, deadline, timeout, cancellationToken) is { } translated)
        {
            throw translated;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw new ManagementRequestException(
                response.StatusCode, ReadError(await response.Content.ReadAsStringAsync(cancellationToken), response.StatusCode));
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_home.ApiSocket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private T Read<T>(string text, JsonTypeInfo<T> type, string path)
    {
        try
        {
            return JsonSerializer.Deserialize(text, type) ?? throw new JsonException("It is empty.");
        }
        catch (JsonException exception)
        {
            throw new DaemonUnreachableException(
                DaemonUnreachableKind.NotAnswering,
                $"The daemon's answer to {path} cannot be read: {exception.Message} It may be of another version: run '{_command} down', then '{_command} up'.",
                exception);
        }
    }

    private ErrorView ReadError(string text, HttpStatusCode status)
    {
        try
        {
            if (JsonSerializer.Deserialize(text, ClientJson.Default.ErrorView) is { Code: not null, Message: not null } error)
            {
                return error.Details.IsDefault ? error with { Details = [] } : error;
            }
        }
        catch (JsonException)
        {
            // Not an error of the contract, such as an unknown path: the status is all there is to tell.
        }

        return new ErrorView(
            "http_" + (int)status, $"The daemon answered {(int)status} {status}. It may be of another version: run '{_command} down', then '{_command} up'.", []);
    }

    private DaemonUnreachableException? Translate(Exception exception, Deadline deadline, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        return exception switch
        {
            OperationCanceledException when deadline.HasPassed => new DaemonUnreachableException(
                DaemonUnreachableKind.NotAnswering,
                $"The daemon of {_home.Root} did not answer within {timeout.TotalSeconds:0} s. Its log is {_home.DaemonLog}; "
                + $"if it hangs, end its process (engines keep running and keep their data) and run '{_command} up' again.",
                exception),
            HttpRequestException { InnerException: SocketException socket } => OfSocket(socket),
            HttpRequestException or IOException => BrokenOff(exception),
            _ => null,
        };
    }

    private DaemonUnreachableException OfSocket(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.AccessDenied => new DaemonUnreachableException(
            DaemonUnreachableKind.NoPermission,
            $"The socket {_home.ApiSocket} belongs to another user. Run larder as the user who owns {_home.Root}.", exception),
        // EADDRNOTAVAIL is how .NET reports a socket file that does not exist; refused: the file is there, its daemon is not.
        SocketError.ConnectionRefused or SocketError.AddressNotAvailable or SocketError.HostNotFound => new DaemonUnreachableException(
            DaemonUnreachableKind.NotRunning, $"No daemon runs for {_home.Root}; start it with: {_command} up", exception),
        SocketError.ConnectionReset => BrokenOff(exception),
        _ => new DaemonUnreachableException(
            DaemonUnreachableKind.NotRunning,
            $"The daemon of {_home.Root} cannot be reached on {_home.ApiSocket}: {exception.Message}. Start it with: {_command} up", exception),
    };

    private DaemonUnreachableException BrokenOff(Exception? cause) => new(
        DaemonUnreachableKind.BrokenOff,
        $"The daemon of {_home.Root} ended in the middle of an answer. Its log is {_home.DaemonLog}; '{_command} up' starts it again and "
        + "finishes what was begun.",
        cause);
}
