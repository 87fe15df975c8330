using Larder.Engines.Clusters;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Engines;

/// <summary>
/// The engine seam: everything that differs between engine families. One implementation per family; stateless and thread-safe.
/// </summary>
public interface IEngineDriver
{
    /// <summary>The family it drives.</summary>
    EngineFamily Family { get; }

    /// <summary>What an installation of this family can do. Differences are data, so that callers never ask for the family.</summary>
    /// <param name="installation">The installation.</param>
    /// <returns>Its features.</returns>
    EngineFeatures Describe(EngineInstallation installation);

    /// <summary>Renders all that a node needs to start. Pure: writes nothing.</summary>
    /// <param name="installation">The installation to run.</param>
    /// <param name="configuration">What the node is to be.</param>
    /// <returns>Files to write (owner-only) and the command line, which carries no secret.</returns>
    LaunchPlan Render(EngineInstallation installation, NodeConfiguration configuration);

    /// <summary>Where a node's snapshots are, and where it looks for one when it starts without a log.</summary>
    /// <param name="configuration">The node.</param>
    /// <returns>An absolute path.</returns>
    string SnapshotFile(NodeConfiguration configuration);

    /// <summary>What a node's empty data folder must be given so that it starts with a snapshot. Pure: writes nothing.</summary>
    /// <param name="installation">The installation to run.</param>
    /// <param name="configuration">The node.</param>
    /// <returns>Where the snapshot goes, and the files beside it.</returns>
    SnapshotPlacement PlaceSnapshot(EngineInstallation installation, NodeConfiguration configuration);

    /// <summary>Where a node keeps its data.</summary>
    /// <param name="configuration">The node.</param>
    /// <returns>Absolute paths of files and folders, each of which may be missing.</returns>
    IReadOnlyList<string> DataPaths(NodeConfiguration configuration);

    /// <summary>
    /// Opens a connection for work on the cluster that a node is one of, beside the administrative one: moving keys must not hold up probes. Only where
    /// <see cref="EngineFeatures.Clustering"/> is set.
    /// </summary>
    /// <param name="installation">The installation that it runs.</param>
    /// <param name="configuration">The node: one with <see cref="NodeConfiguration.Cluster"/>.</param>
    /// <returns>The connection.</returns>
    IClusterNode OpenCluster(EngineInstallation installation, NodeConfiguration configuration);

    /// <summary>Opens an administrative connection to a running node. It connects lazily and reconnects after a failure.</summary>
    /// <param name="configuration">The node.</param>
    /// <returns>The connection.</returns>
    IEngineNode Open(NodeConfiguration configuration);
}
