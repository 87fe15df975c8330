using Larder.Model.Specs;

namespace Larder.Management.Admission;

/// <summary>
/// Looks, before anything is stored, whether this host can carry out a spec: ports, disk, memory. A plug point: each check is one class.
/// </summary>
public interface IAdmissionCheck
{
    /// <summary>Checks one spec.</summary>
    /// <param name="current">The cache as it is, or <c>null</c> where it is to be created.</param>
    /// <param name="desired">What is wanted.</param>
    /// <param name="others">All other caches of the installation.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What speaks against it.</returns>
    ValueTask<AdmissionResult> CheckAsync(
        CacheSpec? current, CacheSpec desired, IReadOnlyList<CacheSpec> others, CancellationToken cancellationToken);
}
