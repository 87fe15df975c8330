using Larder.Management.Admission;
using Larder.Model.Specs;

namespace Larder.Host.Admission;

/// <summary>Whether this host's memory covers all caches if they were full. On one host, over-commit is a warning.</summary>
internal sealed class MemoryAdmission : IAdmissionCheck
{
    /// <inheritdoc/>
    public ValueTask<AdmissionResult> CheckAsync(
        CacheSpec? current, CacheSpec desired, IReadOnlyList<CacheSpec> others, CancellationToken cancellationToken)
    {
        var promised = others.Append(desired).Sum(spec => CapacitySizes.NodeBytes(spec) * spec.ShardCount * spec.NodesPerShard);
        var physical = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return ValueTask.FromResult(promised <= physical
            ? AdmissionResult.Fine
            : new AdmissionResult([], [$"All caches together may use {promised >> 20} MiB when full; this host has {physical >> 20} MiB. Lower memory_mb or capacity, or add memory, before they fill."]));
    }
}
