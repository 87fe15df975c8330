using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Larder.Compat.Wire;
using Larder.Engines;
using Larder.Model;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Compat.Engines;

/// <summary>
/// A real engine, configured as Larder configures its nodes, with one user more: <c>default</c> has an access key and may do what the gateway may,
/// so that a client can do directly what it does through the door.
/// </summary>
public sealed class EngineProcess : IAsyncDisposable
{
    /// <summary>The key of user <c>default</c>, and of the door.</summary>
    public const string Key = "primary-key";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string _folder;
    private readonly Process _process;
    private readonly StringBuilder _output;
    private readonly NodeConfiguration _configuration;

    private EngineProcess(string folder, NodeConfiguration configuration, Process process, StringBuilder output) =>
        (_folder, _configuration, _process, _output) = (folder, configuration, process, output);

    public string SocketPath => _configuration.SocketPath;

    public EngineUser Gateway => _configuration.GatewayUser;

    /// <summary>Where replicas find it, on the loopback address.</summary>
    public int ReplicationPort => _configuration.ReplicationPort;

    public bool HasExited => _process.HasExited;

    /// <summary>The process, for faults.</summary>
    public int ProcessId => _process.Id;

    /// <summary>What it has said.</summary>
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

    public static async Task<EngineProcess> StartAsync(EngineInstallation installation)
    {
        var folder = Directory.CreateTempSubdirectory("larder-compat-").FullName;
        var configuration = new NodeConfiguration
        {
            Cache = "dev",
            Ordinal = 0,
            DataFolder = Path.Combine(folder, "data"),
            ConfigurationFolder = Path.Combine(folder, "conf"),
            SocketPath = Path.Combine(folder, "engine.sock"),
            ReplicationAddress = "127.0.0.1",
            ReplicationPort = FreePort(),
            MaxMemoryBytes = 512L << 20,
            MaxClients = 10_000,
            Persistence = PersistenceMode.Disabled,
            InternalUser = new EngineUser("larder-internal", new Secret("00112233445566778899aabbccddeeff")),
            GatewayUser = new EngineUser("larder-gateway", new Secret("ffeeddccbbaa99887766554433221100")),
        };
        var plan = new EngineDrivers(TimeProvider.System).For(installation.Family).Render(installation, configuration);
        Directory.CreateDirectory(configuration.DataFolder);
        Directory.CreateDirectory(configuration.ConfigurationFolder);
        foreach (var (path, text) in plan.Files)
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
            await using var writer = new StreamWriter(path, options);
            await writer.WriteAsync(text);
        }

        var start = new ProcessStartInfo(plan.Executable, plan.Arguments)
        {
            WorkingDirectory = plan.WorkingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in plan.Environment)
        {
            start.Environment[name] = value;
        }

        var output = new StringBuilder();
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var engine = new EngineProcess(folder, configuration, process, output);
        try
        {
            await engine.PrepareAsync();
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }

        return engine;

        void Keep(object sender, DataReceivedEventArgs line)
        {
            lock (output)
            {
                output.AppendLine(line.Data);
            }
        }
    }

    /// <summary>A connection past the door.</summary>
    public async Task<RespConnection> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        return new RespConnection(new NetworkStream(socket, ownsSocket: true));
    }

    /// <summary>A connection past the door that may do everything.</summary>
    public async Task<RespConnection> ConnectAsAdministratorAsync()
    {
        var connection = await ConnectAsync();
        await connection.ExpectAsync("+OK", "AUTH", _configuration.InternalUser.Name, _configuration.InternalUser.Password.Reveal());
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task PrepareAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await using var administrator = await ConnectAsAdministratorAsync();
                var rules = (await administrator.AskAsync("ACL", "LIST")).Items.Select(item => item.Text)
                    .Single(line => line.StartsWith($"user {Gateway.Name} ", StringComparison.Ordinal)).Split(' ')
                    .Skip(2).Where(rule => rule.Length > 0 && rule[0] != '#');
                await administrator.ExpectAsync("+OK", ["ACL", "SETUSER", "default", "reset", "on", $">{Key}", .. rules]);
                return;
            }
            catch (SocketException) when (!_process.HasExited && TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(10);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
