using System.Collections.Immutable;

namespace Larder.Model.Engines;

/// <summary>The engines that this host can run. Thread-safe.</summary>
public interface IEngineCatalogue
{
    /// <summary>What was found at the last look.</summary>
    EngineCatalogueSnapshot Current { get; }

    /// <summary>Looks again: an engine may have been installed or removed.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was found.</returns>
    Task<EngineCatalogueSnapshot> RefreshAsync(CancellationToken cancellationToken);

    /// <summary>Whether an engine takes a higher memory limit while it runs.</summary>
    /// <param name="installation">One of <see cref="Current"/>, or one that was.</param>
    /// <returns>False where the limit can only be lowered.</returns>
    bool CanRaiseMemory(EngineInstallation installation);

    /// <summary>What an engine lacks against Redis.</summary>
    /// <param name="installation">One of <see cref="Current"/>.</param>
    /// <returns>One sentence for each limitation; may be empty.</returns>
    ImmutableArray<string> LimitationsOf(EngineInstallation installation);
}
