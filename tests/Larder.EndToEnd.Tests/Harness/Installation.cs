using System.Diagnostics;
using System.Text.Json;
using StackExchange.Redis;
using Xunit;

namespace Larder.EndToEnd.Tests.Harness;

/// <summary>
/// One installation of the real program in a home of its own, on ports of its own. Disposing it runs <c>larder down</c>, checks that nothing
/// is left running, and removes the home.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);
    private readonly Dictionary<string, string> _environment;
    private readonly DaemonApi _api;

    public Installation(string? disk = null, int nodePorts = 0)
    {
        Home = disk is null ? Directory.CreateTempSubdirectory("larder-e2e-").FullName : Directory.CreateDirectory(Path.Combine(disk, "home")).FullName;
        _api = new DaemonApi(Home);
        TlsPort = FreePort.Take();
        PlainPort = FreePort.Take();
        _environment = new Dictionary<string, string>
        {
            ["LARDER_HOME"] = Home,
            ["LARDER_TLS_PORT"] = TlsPort.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["LARDER_PLAIN_PORT"] = PlainPort.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["NO_COLOR"] = "1",
        };
        if (nodePorts > 0)
        {
            // The plain ones are not opened; they only may not be the same.
            NodeTlsPort = FreePort.TakeRun(nodePorts);
            _environment["LARDER_NODE_TLS_PORT"] = NodeTlsPort.ToString(System.Globalization.CultureInfo.InvariantCulture);
            _environment["LARDER_NODE_PLAIN_PORT"] = "13000";
        }
    }

    /// <summary>The variables that lead the program to this installation.</summary>
    public IReadOnlyDictionary<string, string> Environment => _environment;

    public string Home { get; }

    public int TlsPort { get; }

    public int PlainPort { get; }

    /// <summary>The TLS port of node 0 of clustered caches; 0 where it is the usual one.</summary>
    public int NodeTlsPort { get; }

    public string CaFile => Path.Combine(Home, "ca", "ca.crt");

    public static string Root { get; } = FindRoot();

    public static string Program { get; } = Path.Combine(Root, "src", "Larder.Host", "bin", "Release", "net10.0", "larder");

    public async Task<CommandResult> RunAsync(params string[] arguments)
    {
        var result = await Command.RunAsync(Program, arguments, _environment);
        return result.ExitCode == 1 ? result with { DaemonLog = EndOfLog() } : result;
    }

    public Task<CommandResult> RunWithAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Command.RunAsync(Program, arguments, _environment.Concat(environment).ToDictionary(pair => pair.Key, pair => pair.Value));

    /// <summary>Starts a command that is read while it runs.</summary>
    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Writes a spec beside the home and returns its path.</summary>
    public string Spec(string text, string name = "spec.yaml")
    {
        var path = Path.Combine(Home, name);
        File.WriteAllText(path, text);
        return path;
    }

    public string DevelopmentSpec(string name = "dev", string engine = "redis", string version = "latest", string more = "") => Spec(
        $$"""
        name: {{name}}
        preset: development
        engine: {{engine}}
        memory_mb: 64
        redis:
          redis_version: "{{version}}"
        {{more}}
        """,
        $"{name}.yaml");

    public async Task<JsonElement> UpAsync(string spec) => (await RunAsync("up", spec, "--detach", "--output", "json")).Succeeded().Json;

    public async Task<JsonElement> ShowAsync(string name) => await _api.ShowAsync(name);

    public async Task<string> KeyAsync(string name, string which = "primary") =>
        (await _api.KeysAsync(name)).GetProperty(which).GetString()!;

    public async Task<ConfigurationOptions> ClientAsync(string name, string which = "primary")
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { "localhost", TlsPort } },
            Ssl = true,
            SslHost = $"{name}.redis.localhost",
            Password = await KeyAsync(name, which),
            ConnectTimeout = 10_000,
            AsyncTimeout = 10_000,
        };
        options.TrustIssuer(CaFile);
        return options;
    }

    public async Task<ConnectionMultiplexer> ConnectAsync(string name, string which = "primary") =>
        await ConnectionMultiplexer.ConnectAsync(await ClientAsync(name, which));

    public async Task<CommandResult> RedisCliAsync(string name, params string[] arguments) => await Command.RunAsync(
        "redis-cli",
        ["--tls", "--cacert", CaFile, "-h", "localhost", "-p", TlsPort.ToString(System.Globalization.CultureInfo.InvariantCulture), "--sni", $"{name}.redis.localhost", .. arguments],
        new Dictionary<string, string> { ["REDISCLI_AUTH"] = await KeyAsync(name) });

    /// <summary>Asks a node's engine as Larder itself does, past the endpoint: its configuration, which only its owner reads, says how.</summary>
    public Task<string> EngineAsync(string name, int node, params string[] command) => EngineAsync(name, node, "", command);

    /// <summary>The same with several commands on one connection, a line each.</summary>
    public Task<string> EngineSessionAsync(string name, int node, params string[] commands) => EngineAsync(name, node, string.Join('\n', commands) + "\n", []);

    private async Task<string> EngineAsync(string name, int node, string input, string[] command)
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(Home, "caches", name, "nodes", $"{node}", "conf", "redis.conf"), TestContext.Current.CancellationToken);
        string Setting(string key) => lines.First(line => line.StartsWith(key + " ", StringComparison.Ordinal))[(key.Length + 1)..].Trim('"');
        var answer = await Command.RunAsync(
            "redis-cli", ["-s", Setting("unixsocket"), "--user", Setting("masteruser"), .. command],
            new Dictionary<string, string> { ["REDISCLI_AUTH"] = Setting("masterauth") }, input);
        return answer.Succeeded().Output.Trim();
    }

    /// <summary>Waits for a condition on <c>show</c>; the message of a time-out carries what was last seen.</summary>
    public async Task<JsonElement> WaitAsync(string name, string what, Func<JsonElement, bool> condition, TimeSpan? limit = null)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = await ShowAsync(name);
            if (condition(seen))
            {
                return seen;
            }

            if (TimeProvider.System.GetElapsedTime(deadline) > (limit ?? TimeSpan.FromSeconds(20)))
            {
                throw new TimeoutException($"{name} was not {what} in time; last seen: {seen}");
            }

            await Task.Delay(LookInterval, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits for an event; its message.</summary>
    public async Task<string> EventAsync(string name, string kind)
    {
        var message = "";
        await UntilAsync($"{name} has an event {kind}", async () =>
        {
            message = (await _api.TryEventsAsync(name))?.LastOrDefault(happened => happened.GetProperty("kind").GetString() == kind) is { ValueKind: JsonValueKind.Object } found
                ? found.GetProperty("message").GetString()!
                : "";
            return message.Length > 0;
        });
        return message;
    }

    /// <summary>Whether a daemon answers.</summary>
    public async Task<bool> IsServingAsync() => await _api.IsServingAsync();

    /// <summary>What happened to a cache, oldest first.</summary>
    public async Task<List<(string Kind, string Message)>> EventsAsync(string name) =>
        [.. (await _api.TryEventsAsync(name) ?? throw new InvalidOperationException("No daemon answers."))
            .Select(happened => (happened.GetProperty("kind").GetString()!, happened.GetProperty("message").GetString()!))];

    public static Task UntilAsync(string what, Func<bool> condition) => UntilAsync(what, () => Task.FromResult(condition()));

    public static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(40))
            {
                throw new TimeoutException($"It did not come about in time that {what}.");
            }

            await Task.Delay(LookInterval, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Begins a command and does not wait for it.</summary>
    public System.Diagnostics.Process Begin(params string[] arguments)
    {
        var start = new System.Diagnostics.ProcessStartInfo(Program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        return System.Diagnostics.Process.Start(start)!;
    }

    /// <summary>Kills the daemon and all engines at once, and waits for their ends.</summary>
    public async Task StopHardAsync()
    {
        foreach (var process in EnginePids.Append(DaemonPid).Select(Process.GetProcessById).Reverse().ToList())
        {
            process.Kill();
        }

        await UntilAsync("every process has ended", () => ProcessesOf(Home).Count == 0);
    }

    /// <summary>Kills the engines of a cache at once, and waits until it is whole again with others.</summary>
    public async Task KillNodesAsync(string name)
    {
        var before = Nodes(await ShowAsync(name)).Select(Pid).ToList();
        foreach (var pid in before)
        {
            Process.GetProcessById(pid!.Value).Kill();
        }

        await WaitAsync(name, "Ready with other processes", cache => IsReady(cache) && !Nodes(cache).Select(Pid).Intersect(before).Any());
    }

    public static int? Pid(JsonElement node) => node.GetProperty("pid") is { ValueKind: JsonValueKind.Number } pid ? pid.GetInt32() : null;

    private string EndOfLog()
    {
        var log = Path.Combine(Home, "logs", "larder.log");
        return File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(60)) : "";
    }

    private List<int> EnginePids => [.. ProcessesOf(Home)
        .Where(line => line.Contains("-server ", StringComparison.Ordinal))
        .Select(line => int.Parse(line.Split(':')[0], System.Globalization.CultureInfo.InvariantCulture))];

    public static JsonElement[] Nodes(JsonElement cache) => [.. cache.GetProperty("shards").EnumerateArray().SelectMany(shard => shard.GetProperty("nodes").EnumerateArray())];

    public static JsonElement Primary(JsonElement cache) => Nodes(cache).Single(node => node.GetProperty("role").GetString() == "primary");

    public static bool IsReady(JsonElement cache) => cache.GetProperty("state").GetString() == "Ready";

    /// <summary>The daemon's process, as its store names it.</summary>
    public int DaemonPid => int.Parse(
        File.ReadAllText(Path.Combine(Home, "store", "larder.db.pid")), System.Globalization.CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        _api.Dispose();
        if (File.Exists(Path.Combine(Home, "store", "larder.db")))
        {
            (await RunAsync("down")).Succeeded();
        }

        Assert.Empty(ProcessesOf(Home));
        Directory.Delete(Home, recursive: true);
    }

    /// <summary>Processes whose command line or working directory lies in a folder.</summary>
    public static IReadOnlyList<string> ProcessesOf(string folder)
    {
        var found = new List<string>();
        foreach (var entry in Directory.GetDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                var line = File.ReadAllText(Path.Combine(entry, "cmdline")).Replace('\0', ' ');
                var working = new FileInfo(Path.Combine(entry, "cwd")).LinkTarget ?? "";
                if (line.Contains(folder, StringComparison.Ordinal) || working.StartsWith(folder, StringComparison.Ordinal))
                {
                    found.Add($"{Path.GetFileName(entry)}: {line}");
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }

        return found;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Larder.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The repository's root was not found above the test's folder.");
    }
}
