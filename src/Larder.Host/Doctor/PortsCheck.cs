using Larder.Host.Ports;

namespace Larder.Host.Doctor;

/// <summary>Whether the ports of the installation and its caches are free, or ours.</summary>
/// <param name="subject">The installation.</param>
/// <param name="isTaken">Whether anybody listens on a port.</param>
/// <param name="owner">Who listens on a port, where it can be seen.</param>
internal sealed class PortsCheck(DoctorSubject subject, Func<int, bool> isTaken, Func<int, ListeningProcess?> owner) : IDoctorCheck
{
    private const string Name = "ports";

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellationToken)
    {
        var tls = subject.Caches.Select(cache => cache.Endpoint.TlsPort).Append(subject.Ports.Tls);
        var plain = subject.Caches.Select(cache => cache.Endpoint.PlainPort).OfType<int>().ToList();
        var findings = tls.Distinct().Order().Select(port => Look(port, "TLS", needed: true))
            .Concat(plain.Append(subject.Ports.Plain).Distinct().Order().Select(port => Look(port, "plain", needed: plain.Contains(port))));
        return ValueTask.FromResult<IReadOnlyList<Finding>>([.. findings]);
    }

    private Finding Look(int port, string kind, bool needed)
    {
        if (!isTaken(port))
        {
            return Finding.Ok(Name, $"Port {port} ({kind}) is free.");
        }

        var holder = owner(port);
        if (subject.Daemon is { } daemon && holder?.Pid == daemon.ProcessId)
        {
            return Finding.Ok(Name, $"Port {port} ({kind}) is served by this installation.");
        }

        var by = holder is null ? "a process of another user" : $"process {holder.Pid} ({holder.Name})";
        var advice = $"Stop it, or give your caches another port: endpoint.{(kind == "TLS" ? "tls_port" : "plain_port")} in the spec.";
        return needed
            ? Finding.Error(Name, $"Port {port} ({kind}) is taken by {by}.", advice)
            : Finding.Warning(Name, $"Port {port} ({kind}) is taken by {by}; it is needed only with non_ssl_port.", advice);
    }
}
