using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Larder.Testing;

/// <summary>Azurite, Microsoft's emulator of Azure Storage, as a process on a port and in a folder of its own.</summary>
public sealed class AzuriteServer : IAsyncDisposable
{
    private const string Account = "larder";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly string _folder;
    private readonly string _key;

    private AzuriteServer(Process process, string folder, string key, int port) => (_process, _folder, _key, Port) = (process, folder, key, port);

    /// <summary>Why there is none on this machine; <c>null</c> where there is.</summary>
    public static string? Missing => File.Exists(Script) ? null : "Azurite is not installed: run tools/install-test-tools";

    /// <summary>Its port.</summary>
    public int Port { get; }

    /// <summary>What a client connects with.</summary>
    public string ConnectionString => ConnectionTo(Port);

    /// <summary>The same with a key that is not the account's.</summary>
    public string WrongConnectionString => Connection(Convert.ToBase64String(new byte[32]), Port);

    /// <summary>What a client connects with that comes over another port of this host.</summary>
    /// <param name="port">The port.</param>
    /// <returns>The connection string.</returns>
    public string ConnectionTo(int port) => Connection(_key, port);

    /// <summary>Starts one, and waits until it listens.</summary>
    /// <returns>The server.</returns>
    public static async Task<AzuriteServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("larder-azurite-").FullName;
        var key = Convert.ToBase64String(Enumerable.Range(1, 32).Select(number => (byte)number).ToArray());
        var port = FreePort();
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["AZURITE_ACCOUNTS"] = $"{Account}:{key}" },
        };
        foreach (var argument in new[]
        {
            Script, "--blobPort", port.ToString(CultureInfo.InvariantCulture), "--location", folder, "--skipApiVersionCheck", "--disableTelemetry",
        })
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(StartLimit);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Contains("successfully listen", StringComparison.OrdinalIgnoreCase))
            {
                // Nobody may be kept waiting by a full pipe.
                _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
                return new AzuriteServer(process, folder, key, port);
            }
        }

        throw new InvalidOperationException("Azurite ended: " + await process.StandardError.ReadToEndAsync(limit.Token));
    }

    /// <summary>A port that nobody listens on now.</summary>
    /// <returns>The port.</returns>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Ends it and removes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Connection(string key, int port) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint=http://127.0.0.1:{port}/{Account};";

    private static string Script
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Larder.slnx")))
            {
                folder = folder.Parent;
            }

            return Path.Combine(folder?.FullName ?? "", "tests", "clients", "node_modules", "azurite", "dist", "src", "blob", "main.js");
        }
    }
}
