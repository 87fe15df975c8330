using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Larder.Engines.Client;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Engines.Tests.Live;

/// <summary>A real node, started from its launch plan as the agent would; gone, with its process, at the test's end.</summary>
internal sealed partial class LiveNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly StringBuilder _output = new();
    private readonly AdminConnection _gateway;
    private readonly AdminConnection _internal;
    private Process? _process;

    public LiveNode(EngineInstallation installation, string root, int ordinal, PersistenceMode persistence = PersistenceMode.Disabled)
    {
        Configuration = Nodes.Configuration(root, ordinal, FreePort(), persistence);
        Driver = new EngineDrivers(TimeProvider.System).For(installation.Family);
        Installation = installation;
        Plan = Driver.Render(installation, Configuration);
        Node = Driver.Open(Configuration);
        _gateway = As(Configuration.GatewayUser);
        _internal = As(Configuration.InternalUser);
    }

    public NodeConfiguration Configuration { get; }

    public EngineInstallation Installation { get; }

    public IEngineDriver Driver { get; }

    public LaunchPlan Plan { get; set; }

    public IEngineNode Node { get; }

    public ReplicationTarget Address => new(Configuration.ReplicationAddress, Configuration.ReplicationPort);

    public int ProcessId => _process!.Id;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Launch()
    {
        Directory.CreateDirectory(Configuration.DataFolder);
        Directory.CreateDirectory(Configuration.ConfigurationFolder);
        foreach (var (path, text) in Plan.Files)
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using var writer = new StreamWriter(path, options);
            writer.Write(text);
        }

        var start = new ProcessStartInfo(Plan.Executable)
        {
            WorkingDirectory = Plan.WorkingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in Plan.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in Plan.Environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public async Task<NodeProbe> StartAsync()
    {
        Launch();
        var probe = await UntilAsync(found => !found.Loading, "answers");
        foreach (var path in Plan.RemoveOnceLoaded)
        {
            File.Delete(path);
        }

        return probe;
    }

    /// <summary>Polls until the node says what it should; a node that does not answer yet is asked again.</summary>
    public async Task<NodeProbe> UntilAsync(Func<NodeProbe, bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        var last = "nothing";
        while (watch.Elapsed < Patience)
        {
            try
            {
                var probe = await Node.ProbeAsync(ProbeTimeout, Token);
                if (condition(probe))
                {
                    return probe;
                }

                last = probe.ToString();
            }
            catch (EngineException problem) when (problem.Kind is EngineFailure.Unreachable or EngineFailure.Disconnected)
            {
                Assert.False(_process!.HasExited, $"Node {Configuration.Ordinal} ended:\n{Output}");
                last = problem.Message;
            }

            await Task.Delay(PollInterval, Token);
        }

        throw new TimeoutException($"Node {Configuration.Ordinal} never {what}; last: {last}\n{Output}");
    }

    public async Task<string> AsGatewayAsync(params string[] command) => Show(await CallAsync(_gateway, command));

    public async Task<string> AsInternalAsync(params string[] command) => Show(await CallAsync(_internal, command));

    public AdminConnection As(EngineUser user) => new(new UnixDomainSocketEndPoint(Configuration.SocketPath), user, "node", TimeProvider.System);

    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(Token);
    }

    public async Task<TimeSpan> StopAsync()
    {
        var watch = Stopwatch.StartNew();
        Assert.Equal(0, Signal(_process!.Id, Driver.Describe(Installation).StopSignal));
        await _process.WaitForExitAsync(Token).WaitAsync(Patience, Token);
        Assert.True(_process.ExitCode == 0, $"exit code {_process.ExitCode}\n{Output}");
        return watch.Elapsed;
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await _gateway.DisposeAsync();
        await _internal.DisposeAsync();
        if (_process is null)
        {
            return;
        }

        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    public static string Show(Reply reply) => reply.Kind switch
    {
        ReplyKind.Null => "(nil)",
        ReplyKind.Integer => reply.Integer.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ReplyKind.Array => string.Join(' ', reply.Items.Select(Show)),
        ReplyKind.Error => "-" + reply.Text,
        _ => reply.Text,
    };

    private static async Task<Reply> CallAsync(AdminConnection connection, string[] command) =>
        (await connection.CallAsync(Patience, [command], Token))[0];

    private static int FreePort()
    {
        // Garnet's cluster mode and Redis alike take any port; the kernel does not hand the same one out again soon.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int processId, int signal);

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            _output.AppendLine(line.Data);
        }
    }
}
