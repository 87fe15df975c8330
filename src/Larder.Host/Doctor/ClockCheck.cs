using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Larder.Model.Installation;

namespace Larder.Host.Doctor;

/// <summary>Whether the clock can be right: certificates and several hosts depend on it.</summary>
/// <param name="home">The installation.</param>
/// <param name="clock">The clock.</param>
/// <param name="system">The operating system.</param>
internal sealed class ClockCheck(LarderHome home, TimeProvider clock, ISystemFacts system) : IDoctorCheck
{
    private const string Name = "clock";

    /// <summary>This program did not exist before.</summary>
    private static readonly DateTimeOffset Earliest = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        const string SetIt = "Set the clock, for example by a time service (chrony, systemd-timesyncd).";
        var findings = new List<Finding>();
        var authority = Authority(findings);
        if (now < Earliest)
        {
            findings.Add(Finding.Error(Name, $"The clock says {Text(now)}, which is before this program was made.", SetIt));
        }
        else if (authority is not null && now < authority.Value.NotBefore)
        {
            findings.Add(Finding.Error(
                Name, $"The clock says {Text(now)}, but the installation's certificate authority is valid from {Text(authority.Value.NotBefore)} on: clients refuse its certificates.", SetIt));
        }
        else if (authority is not null && now > authority.Value.NotAfter)
        {
            findings.Add(Finding.Error(
                Name, $"The installation's certificate authority ended at {Text(authority.Value.NotAfter)}: clients refuse its certificates.",
                "If the clock is right, make a new installation and move the caches; else set the clock."));
        }
        else
        {
            findings.Add(system.ClockIsSynchronised switch
            {
                true => Finding.Ok(Name, $"The clock says {Text(now)} and is synchronised."),
                false => Finding.Warning(Name, $"The clock says {Text(now)}; the kernel does not know it to be synchronised.", "Run a time service, before several hosts work together."),
                null => Finding.Ok(Name, $"The clock says {Text(now)}; the kernel does not tell whether it is synchronised."),
            });
        }

        return ValueTask.FromResult<IReadOnlyList<Finding>>(findings);
    }

    private (DateTimeOffset NotBefore, DateTimeOffset NotAfter)? Authority(List<Finding> findings)
    {
        if (!File.Exists(home.CaFile))
        {
            return null;
        }

        try
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(home.CaFile);
            return (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            findings.Add(Finding.Error(Name, $"{home.CaFile} cannot be read: {exception.Message}", "Put the file back from a backup of the home."));
            return null;
        }
    }

    private static string Text(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
