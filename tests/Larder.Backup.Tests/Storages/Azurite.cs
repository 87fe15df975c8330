using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Azure.Storage.Blobs;
using Larder.Backup.Azure;
using Larder.Model;

namespace Larder.Backup.Tests.Storages;

/// <summary>Azurite, Microsoft's emulator of Azure Storage, on a port and in a folder of its own; one for all tests of a class.</summary>
public sealed class Azurite : IAsyncLifetime
{
    private const string Account = "larder";
    private readonly TemporaryFolder _folder = new();
    private readonly string _key = Convert.ToBase64String(Enumerable.Range(1, 32).Select(number => (byte)number).ToArray());
    private Process? _process;
    private int _port;

    public string ConnectionString => ConnectionStringOf(_key);

    public string WrongConnectionString => ConnectionStringOf(Convert.ToBase64String(new byte[32]));

    public static string? Missing => File.Exists(Script) ? null : "Azurite is not installed: run tools/install-test-tools";

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        _port = FreePort();
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["AZURITE_ACCOUNTS"] = $"{Account}:{_key}" },
        };
        foreach (var argument in new[]
        {
            Script, "--blobPort", $"{_port}", "--location", _folder.Path, "--skipApiVersionCheck", "--disableTelemetry",
        })
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Contains("successfully listen", StringComparison.OrdinalIgnoreCase) || line.Contains("is successfully", StringComparison.OrdinalIgnoreCase))
            {
                // Nobody may be kept waiting by a full pipe.
                _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                _ = _process.StandardError.ReadToEndAsync(CancellationToken.None);
                return;
            }
        }

        throw new InvalidOperationException("Azurite ended: " + await _process.StandardError.ReadToEndAsync(limit.Token));
    }

    internal async Task<AzureBlobStorage> ContainerAsync(string name, string prefix = "", string? connection = null)
    {
        await new BlobContainerClient(ConnectionString, name).CreateIfNotExistsAsync();
        return new AzureBlobStorage("cold", new Secret(connection ?? ConnectionString), name, prefix, Brisk);
    }

    internal string BlobUrl => $"http://127.0.0.1:{_port}/{Account}";

    /// <summary>A container as it is seen through another port.</summary>
    internal AzureBlobStorage Through(int port, string container) => new(
        "cold", new Secret(ConnectionString.Replace($":{_port}/", $":{port}/", StringComparison.Ordinal)), container, "deep/er", Brisk);

    internal static AzureBlobTimes Brisk { get; } = new()
    {
        CallTimeout = TimeSpan.FromSeconds(2),
        Retries = 1,
        FirstDelay = TimeSpan.FromMilliseconds(10),
        LongestDelay = TimeSpan.FromMilliseconds(10),
    };

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _folder.Dispose();
    }

    private string ConnectionStringOf(string key) =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint=http://127.0.0.1:{_port}/{Account};";

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

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
