using Larder.Management.Contracts;

namespace Larder.Management.Services;

/// <summary>What management can ask of the daemon itself.</summary>
public interface IInstallationControl
{
    /// <summary>The daemon that answers.</summary>
    InstallationView Describe();

    /// <summary>Stops gateway and engines in order, keeping data; the daemon ends after the last line was read.</summary>
    /// <param name="cancellationToken">Gives up watching; the stop goes on.</param>
    /// <returns>Progress; the last line is done.</returns>
    IAsyncEnumerable<ShutdownProgress> ShutdownAsync(CancellationToken cancellationToken);
}
