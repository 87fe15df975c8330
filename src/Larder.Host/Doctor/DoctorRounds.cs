using System.Collections.Immutable;
using System.Globalization;
using Larder.Host.Cli;
using Larder.Host.Client;
using Larder.Host.Ports;
using Larder.Management.Contracts;

namespace Larder.Host.Doctor;

/// <summary>Runs all checks. Needs no daemon; asks it where it runs.</summary>
internal static class DoctorRounds
{
    /// <summary>Runs them.</summary>
    /// <param name="context">The call.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was found.</returns>
    public static async Task<DoctorReport> RunAsync(CliContext context, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var (daemonFinding, daemon, caches) = await AskDaemonAsync(context, client, cancellationToken);
        var findings = ImmutableArray.CreateBuilder<Finding>();
        findings.Add(daemonFinding);
        InstallationPorts ports;
        try
        {
            ports = context.Services.ReadPorts(context.Home);
        }
        catch (CliException exception)
        {
            findings.Add(Finding.Error("settings", string.Join(" ", [exception.Message, .. exception.Error.Details]), $"Mend {context.Home.SettingsFile} or the environment."));
            ports = new InstallationPorts(6380, 6379);
        }

        var subject = new DoctorSubject(context.Home, ports, daemon, caches);
        foreach (var check in All(context, subject, client))
        {
            findings.AddRange(await check.LookAsync(cancellationToken));
        }

        return new DoctorReport(findings.All(finding => finding.Level != FindingLevel.Error), findings.ToImmutable());
    }

    private static string Count(int caches) => caches switch
    {
        0 => "no caches",
        1 => "one cache",
        _ => string.Create(CultureInfo.InvariantCulture, $"{caches} caches"),
    };

    private static IReadOnlyList<IDoctorCheck> All(CliContext context, DoctorSubject subject, ManagementClient client)
    {
        var system = new SystemFacts();
        return
        [
            new EnginesCheck(token => subject.Daemon is null ? context.Services.FindEngines(subject.Home, token) : client.EnginesAsync(token)),
            new PortsCheck(subject, PortOwner.IsTaken, PortOwner.Find),
            new DiskCheck(subject, system),
            new MemoryCheck(subject, system),
            new ClockCheck(subject.Home, context.Clock, system),
            new LimitsCheck(subject, system),
            new PermissionsCheck(subject.Home, system),
            new SocketsCheck(subject.Home, system),
        ];
    }

    private static async Task<(Finding Finding, InstallationView? Daemon, ImmutableArray<CacheView> Caches)> AskDaemonAsync(
        CliContext context, ManagementClient client, CancellationToken cancellationToken)
    {
        try
        {
            if (await client.TryDescribeAsync(cancellationToken) is not { } daemon)
            {
                return LeftoverEngines.Find(context.Home) is { Count: > 0 } engines
                    ? (Finding.Warning(
                        "daemon", $"No daemon runs for {context.Home.Root}, but engines do (process {string.Join(", ", engines)}).",
                        $"Take them up again with '{context.Command} up', or stop them in order with '{context.Command} down'."), null, [])
                    : (Finding.Ok("daemon", $"No daemon runs for {context.Home.Root}."), null, []);
            }

            var caches = await client.ListAsync(cancellationToken);
            return (Finding.Ok("daemon", $"Larder {daemon.Version} runs (process {daemon.ProcessId}) with {Count(caches.Length)}."), daemon, caches);
        }
        catch (DaemonUnreachableException exception)
        {
            return (Finding.Error("daemon", exception.Message, $"See {context.Home.DaemonLog}."), null, []);
        }
        catch (ManagementRequestException exception)
        {
            return (Finding.Error("daemon", $"The daemon cannot list its caches: {exception.Message}", $"See {context.Home.DaemonLog}."), null, []);
        }
    }
}
