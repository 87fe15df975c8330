using Azure.Storage.Blobs;
using Larder.Backup.Azure;
using Larder.Model;
using Larder.Testing;

namespace Larder.Backup.Tests.Storages;

/// <summary>Azurite for all tests of a class, with storages on it.</summary>
public sealed class Azurite : IAsyncLifetime
{
    private AzuriteServer? _server;

    public string ConnectionString => _server!.ConnectionString;

    public string WrongConnectionString => _server!.WrongConnectionString;

    public static string? Missing => AzuriteServer.Missing;

    public int Port => _server!.Port;

    public async ValueTask InitializeAsync()
    {
        if (Missing is null)
        {
            _server = await AzuriteServer.StartAsync();
        }
    }

    internal async Task<AzureBlobStorage> ContainerAsync(string name, string prefix = "", string? connection = null)
    {
        await new BlobContainerClient(ConnectionString, name).CreateIfNotExistsAsync();
        return new AzureBlobStorage("cold", new Secret(connection ?? ConnectionString), name, prefix, Brisk);
    }

    /// <summary>A container as it is seen through another port.</summary>
    internal AzureBlobStorage Through(int port, string container) => new("cold", new Secret(_server!.ConnectionTo(port)), container, "deep/er", Brisk);

    internal static AzureBlobTimes Brisk { get; } = new()
    {
        CallTimeout = TimeSpan.FromSeconds(2),
        Retries = 1,
        FirstDelay = TimeSpan.FromMilliseconds(10),
        LongestDelay = TimeSpan.FromMilliseconds(10),
    };

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
