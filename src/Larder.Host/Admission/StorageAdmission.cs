using Larder.Management.Admission;
using Larder.Management.Contracts;
using Larder.Model.Installation;
using Larder.Model.Specs;

namespace Larder.Host.Admission;

/// <summary>Whether the disk under the home has room: none at all is refused, less than the data may need is a warning.</summary>
/// <param name="home">The home.</param>
internal sealed class StorageAdmission(LarderHome home) : IAdmissionCheck
{
    /// <summary>Below this, configuration, logs and a first snapshot do not fit.</summary>
    private const long LeastFreeBytes = 32L << 20;

    /// <inheritdoc/>
    public ValueTask<AdmissionResult> CheckAsync(
        CacheSpec? current, CacheSpec desired, IReadOnlyList<CacheSpec> others, CancellationToken cancellationToken)
    {
        var free = new DriveInfo(home.Root).AvailableFreeSpace;
        if (current is null && free < LeastFreeBytes)
        {
            return ValueTask.FromResult(new AdmissionResult(
                [new PlanRefusalView(
                    "name", null, desired.Name, $"the disk under {home.Root} has {free >> 20} MiB left; a cache needs at least {LeastFreeBytes >> 20} MiB.",
                    "Free some space, or name another home with --home.")],
                []));
        }

        var nodes = desired.ShardCount * desired.NodesPerShard;
        var needed = CapacitySizes.NodeBytes(desired) * nodes;
        return ValueTask.FromResult(free < needed
            ? new AdmissionResult([], [$"The disk under {home.Root} has {free >> 20} MiB left; snapshots of {nodes} full nodes need {needed >> 20} MiB."])
            : AdmissionResult.Fine);
    }
}
