using System.Globalization;

namespace Larder.Host.Doctor;

/// <summary>Whether the limits of the system suit many clients and forking engines. Source: the Redis administration guide.</summary>
/// <param name="subject">The installation.</param>
/// <param name="system">The operating system.</param>
internal sealed class LimitsCheck(DoctorSubject subject, ISystemFacts system) : IDoctorCheck
{
    private const string Name = "limits";
    private const int LeastBacklog = 511;

    /// <summary>Clients of the smallest size, where there is no cache to ask.</summary>
    private const int UsualClients = 7_500;

    /// <summary>Descriptors of a process besides those of clients.</summary>
    private const int OwnDescriptors = 256;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Finding>>([OpenFiles(), Backlog(), Overcommit(), HugePages()]);

    private Finding OpenFiles()
    {
        // In the gateway a client takes two: its own connection and, at worst, one to the engine.
        var clients = subject.Caches.IsEmpty ? UsualClients : subject.Caches.Sum(cache => (long)cache.MaxClients);
        var needed = (2 * clients) + OwnDescriptors;
        var limit = system.OpenFilesLimit;
        return limit >= needed
            ? Finding.Ok(Name, $"A process may open {limit} files; {clients} clients need {needed}.")
            : Finding.Warning(
                Name, $"A process may open {limit} files; {clients} clients need {needed}, so fewer can connect.",
                "Raise the hard limit (ulimit -Hn; LimitNOFILE= in a systemd unit), then start the daemon again.");
    }

    private Finding Backlog() => Number("/proc/sys/net/core/somaxconn") switch
    {
        null => Finding.Ok(Name, "net.core.somaxconn cannot be read."),
        < LeastBacklog and var backlog => Finding.Warning(
            Name, $"net.core.somaxconn is {backlog}: a burst of more new connections is refused.", "Run: sysctl -w net.core.somaxconn=1024"),
        var backlog => Finding.Ok(Name, $"net.core.somaxconn is {backlog}."),
    };

    private Finding Overcommit() => Number("/proc/sys/vm/overcommit_memory") switch
    {
        null => Finding.Ok(Name, "vm.overcommit_memory cannot be read."),
        1 => Finding.Ok(Name, "vm.overcommit_memory is 1."),
        var mode => Finding.Warning(
            Name, $"vm.overcommit_memory is {mode}: snapshots and replication of a large cache can fail for lack of memory that is not really used.",
            "Run: sysctl -w vm.overcommit_memory=1"),
    };

    private Finding HugePages()
    {
        var setting = system.Read("/sys/kernel/mm/transparent_hugepage/enabled");
        return setting?.Contains("[always]", StringComparison.Ordinal) == true
            ? Finding.Warning(
                Name, "Transparent huge pages are always on: engines answer late and use more memory during snapshots.",
                "Run: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
            : Finding.Ok(Name, "Transparent huge pages are not forced on.");
    }

    private long? Number(string path) =>
        long.TryParse(system.Read(path), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
}
