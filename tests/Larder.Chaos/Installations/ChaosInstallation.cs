using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Larder.Chaos.Installations;

/// <summary>
/// One installation of the real program in a temporary home of its own, on ports of its own. Disposing it runs <c>larder down</c>, sees that nothing
/// is left running, and removes the home.
/// </summary>
public sealed class ChaosInstallation : IAsyncDisposable
{
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(120);

    private readonly string _program;
    private readonly ManagementSocket _socket;

    /// <summary>Makes the home; starts nothing.</summary>
    /// <param name="program">The path of <c>larder</c>.</param>
    /// <param name="nodePorts">How many nodes of clustered caches there will be at most; 0 where there are no such caches.</param>
    public ChaosInstallation(string program, int nodePorts = 0)
    {
        _program = program;
        Home = Directory.CreateTempSubdirectory("larder-chaos-").FullName;
        TlsPort = FreePort.Take();
        PlainPort = FreePort.Take();
        NodeTlsPort = nodePorts == 0 ? 0 : FreePort.TakeRun(nodePorts);
        _socket = new ManagementSocket(Home);
    }

    /// <summary>The folder with everything of this installation.</summary>
    public string Home { get; }

    /// <summary>The port of the TLS endpoint.</summary>
    public int TlsPort { get; }

    /// <summary>The certificate authority's certificate.</summary>
    public string CaFile => Path.Combine(Home, "ca", "ca.crt");

    /// <summary>What the daemon wrote down.</summary>
    public string LogFile => Path.Combine(Home, "logs", "larder.log");

    private int PlainPort { get; }

    private int NodeTlsPort { get; }

    /// <summary>Makes a cache, and waits until it is Ready.</summary>
    /// <param name="spec">The spec's text.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task UpAsync(string spec, CancellationToken cancellationToken)
    {
        var path = Path.Combine(Home, "chaos.yaml");
        await File.WriteAllTextAsync(path, spec, cancellationToken);
        await RunAsync(cancellationToken, "up", path, "--detach");
    }

    /// <summary>Starts the daemon again, with what it knows.</summary>
    public Task UpAgainAsync(CancellationToken cancellationToken) => RunAsync(cancellationToken, "up", "--detach");

    /// <summary>A planned change of the primary.</summary>
    public Task HandoverAsync(string cache, CancellationToken cancellationToken) => RunAsync(cancellationToken, "failover", cache);

    /// <summary>A cache as <c>larder show</c> shows it; <c>null</c> where no daemon answers.</summary>
    public Task<CacheView?> ShowAsync(string cache, CancellationToken cancellationToken) => _socket.ShowAsync(cache, cancellationToken);

    /// <summary>A clustered cache as <c>larder show</c> shows it; <c>null</c> where no daemon answers.</summary>
    public Task<ClusterView?> ShowClusterAsync(string cache, CancellationToken cancellationToken) => _socket.ShowClusterAsync(cache, cancellationToken);

    /// <summary>Asks the daemon for a change, as the command line would, without waiting for what comes of it.</summary>
    /// <param name="path">The path of the management API.</param>
    /// <param name="body">JSON.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The status and the text of the answer.</returns>
    public Task<(HttpStatusCode Status, string Text)> PostAsync(string path, string body, CancellationToken cancellationToken) =>
        _socket.PostAsync(path, body, cancellationToken);

    /// <summary>An operation as JSON; <c>null</c> where no daemon answers.</summary>
    public Task<string?> OperationAsync(string id, CancellationToken cancellationToken) => _socket.OperationAsync(id, cancellationToken);

    /// <summary>The key that clients authenticate with.</summary>
    public async Task<string> KeyAsync(string cache, CancellationToken cancellationToken)
    {
        using var document = JsonDocument.Parse(await RunAsync(cancellationToken, "keys", cache, "--output", "json"));
        return document.RootElement.GetProperty("primary").GetString()!;
    }

    /// <summary>Sends a signal to a process of this installation.</summary>
    /// <exception cref="InvalidOperationException">It is none, or not there.</exception>
    public void Signal(int pid, ProcessSignal signal)
    {
        if (!ProcessControl.IsOf(pid, Home, out var line) || !ProcessControl.Signal(pid, signal))
        {
            throw new InvalidOperationException($"Process {pid} ({line}) is not a process of {Home}.");
        }
    }

    /// <summary>Sends a signal to a process of this installation, where it still is.</summary>
    public void SignalIfAlive(int pid, ProcessSignal signal)
    {
        if (ProcessControl.IsOf(pid, Home, out _))
        {
            ProcessControl.Signal(pid, signal);
        }
    }

    /// <summary>Kills the daemon, and waits until it is gone.</summary>
    /// <param name="killed">Called just after the signal.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task KillDaemonAsync(Action killed, CancellationToken cancellationToken)
    {
        var pid = int.Parse(
            await File.ReadAllTextAsync(Path.Combine(Home, "store", "larder.db.pid"), cancellationToken), CultureInfo.InvariantCulture);
        using var daemon = Process.GetProcessById(pid);
        if (!daemon.ProcessName.StartsWith("larder", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"Process {pid} is {daemon.ProcessName}, not the daemon of {Home}.");
        }

        daemon.Kill();
        killed();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CommandLimit);
        while (ProcessControl.Runs(pid))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), limit.Token);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        foreach (var pid in ProcessControl.Of(Home).Keys)
        {
            ProcessControl.Signal(pid, ProcessSignal.Continue);
        }

        if (File.Exists(Path.Combine(Home, "store", "larder.db")))
        {
            await RunAsync(CancellationToken.None, "down");
        }

        var left = ProcessControl.Of(Home);
        if (left.Count > 0)
        {
            throw new InvalidOperationException($"Left running after larder down: {string.Join("; ", left.Select(pair => $"{pair.Key} {pair.Value}"))}");
        }

        Directory.Delete(Home, recursive: true);
    }

    private async Task<string> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var start = new ProcessStartInfo(_program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LARDER_HOME"] = Home;
        start.Environment["LARDER_TLS_PORT"] = TlsPort.ToString(CultureInfo.InvariantCulture);
        start.Environment["LARDER_PLAIN_PORT"] = PlainPort.ToString(CultureInfo.InvariantCulture);
        if (NodeTlsPort > 0)
        {
            start.Environment["LARDER_NODE_TLS_PORT"] = NodeTlsPort.ToString(CultureInfo.InvariantCulture);
        }

        start.Environment["NO_COLOR"] = "1";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{_program} did not start.");
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CommandLimit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? await output
                : throw new InvalidOperationException($"larder {string.Join(' ', arguments)} ended with code {process.ExitCode}: {await output}{await error}");
        }
        catch (OperationCanceledException) when (!process.HasExited)
        {
            process.Kill();
            throw;
        }
    }
}
