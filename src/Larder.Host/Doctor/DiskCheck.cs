using Larder.Host.Cli.Output;

namespace Larder.Host.Doctor;

/// <summary>Whether the disk under the home has room for the caches' data.</summary>
/// <param name="subject">The installation.</param>
/// <param name="system">The operating system.</param>
internal sealed class DiskCheck(DoctorSubject subject, ISystemFacts system) : IDoctorCheck
{
    private const string Name = "disk";
    private const long LeastBytes = 32L << 20;
    private const long LittleBytes = 1L << 30;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Finding>>([Look()]);

    private Finding Look()
    {
        var folder = subject.Home.Root;
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } parent)
        {
            folder = parent;
        }

        var free = system.FreeBytes(folder);
        var full = subject.Caches.Sum(cache => cache.MemoryBytes * cache.Shards.Sum(shard => shard.Nodes.Length));
        var left = $"The disk under {folder} has {Sizes.Of(free)} free";
        return free switch
        {
            < LeastBytes => Finding.Error(Name, left + ".", "Free some space: a cache cannot be created, and snapshots fail."),
            < LittleBytes => Finding.Warning(Name, left + ".", "Free some space before caches grow."),
            _ when free < full => Finding.Warning(
                Name, $"{left}; a snapshot of every node, when full, needs {Sizes.Of(full)}.", "Free some space, or move the home to a larger disk."),
            _ => Finding.Ok(Name, left + "."),
        };
    }
}
