using Larder.Engines;
using Larder.Engines.Clusters;
using Larder.Model.Engines;

namespace Larder.Controller.Clusters;

/// <summary>Connections to a cache's nodes for work on their cluster, opened when they are needed first. Thread-safe.</summary>
/// <param name="engines">The engine drivers.</param>
internal sealed class ClusterConnections(EngineDrivers engines) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<int, (NodeConfiguration Configuration, IClusterNode Node)> _open = [];

    /// <summary>Finds or opens a node's connection.</summary>
    /// <param name="installation">The engine that it runs.</param>
    /// <param name="configuration">The node.</param>
    /// <returns>The connection; owned by this object.</returns>
    public async Task<IClusterNode> ToAsync(EngineInstallation installation, NodeConfiguration configuration)
    {
        await _gate.WaitAsync();
        try
        {
            if (_open.TryGetValue(configuration.Ordinal, out var known))
            {
                if (known.Configuration.SocketPath == configuration.SocketPath && known.Configuration.Cluster?.Self == configuration.Cluster?.Self)
                {
                    return known.Node;
                }

                await known.Node.DisposeAsync();
            }

            var node = engines.For(installation.Family).OpenCluster(installation, configuration);
            _open[configuration.Ordinal] = (configuration, node);
            return node;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Closes the connections to nodes that are no more.</summary>
    /// <param name="ordinals">The nodes.</param>
    public async Task CloseAsync(IEnumerable<int> ordinals)
    {
        await _gate.WaitAsync();
        try
        {
            foreach (var ordinal in ordinals)
            {
                if (_open.Remove(ordinal, out var known))
                {
                    await known.Node.DisposeAsync();
                }
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Closes all.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync([.. _open.Keys]);
        _gate.Dispose();
    }
}
