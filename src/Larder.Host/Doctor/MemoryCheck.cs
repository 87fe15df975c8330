using Larder.Host.Cli.Output;

namespace Larder.Host.Doctor;

/// <summary>Whether the memory covers all caches if they were full. On one host over-commit is a warning.</summary>
/// <param name="subject">The installation.</param>
/// <param name="system">The operating system.</param>
internal sealed class MemoryCheck(DoctorSubject subject, ISystemFacts system) : IDoctorCheck
{
    private const string Name = "memory";

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellationToken)
    {
        var promised = subject.Caches.Sum(cache => cache.MemoryBytes * cache.Shards.Sum(shard => shard.Nodes.Length));
        var physical = system.MemoryBytes;
        Finding finding = subject switch
        {
            { Daemon: null } => Finding.Ok(Name, $"This host has {Sizes.Of(physical)}; what its caches may use is known while the daemon runs."),
            _ when promised > physical => Finding.Warning(
                Name, $"All caches together may use {Sizes.Of(promised)} when full; this host has {Sizes.Of(physical)}.",
                "Lower memory_mb or capacity, or add memory, before they fill."),
            _ => Finding.Ok(Name, $"All caches together may use {Sizes.Of(promised)} of this host's {Sizes.Of(physical)}."),
        };
        return ValueTask.FromResult<IReadOnlyList<Finding>>([finding]);
    }
}
