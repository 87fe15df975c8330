using System.Collections.Immutable;
using Larder.Host.Client;
using Larder.Host.Daemon;
using Larder.Management.Contracts;
using Larder.Model.Installation;

namespace Larder.Host.Cli;

/// <summary>
/// What the command line uses of the rest of the program. It keeps client verbs from loading the daemon's assemblies, and lets tests run
/// verbs without a daemon.
/// </summary>
internal sealed record CliServices
{
    /// <summary>Runs the daemon until it is told to stop; returns its exit code.</summary>
    public required Func<LarderHome, ServeOptions, CancellationToken, Task<int>> Serve { get; init; }

    /// <summary>Makes the home's folders, or throws a <see cref="CliException"/> that says why it cannot be used.</summary>
    public required Action<LarderHome> PrepareHome { get; init; }

    /// <summary>Reads and checks a spec file, or throws a <see cref="CliException"/> with every error in it.</summary>
    public required Func<string, SpecText> ReadSpec { get; init; }

    /// <summary>The presets.</summary>
    public required Func<ImmutableArray<PresetText>> Presets { get; init; }

    /// <summary>Looks for engines on this host, without a daemon.</summary>
    public required Func<LarderHome, CancellationToken, Task<EnginesView>> FindEngines { get; init; }

    /// <summary>The installation's ports by its settings, or throws a <see cref="CliException"/> where the settings are not valid.</summary>
    public required Func<LarderHome, InstallationPorts> ReadPorts { get; init; }

    /// <summary>Starts a daemon in the background.</summary>
    public required Func<LarderHome, IDaemonStarter> DaemonStarter { get; init; }
}
