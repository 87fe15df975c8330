using System.Net;
using Larder.Management.Admission;
using Larder.Management.Contracts;
using Larder.Model.Installation;
using Larder.Model.Routing;
using Larder.Model.Specs;
using Larder.Security.Certificates;

namespace Larder.Host.Admission;

/// <summary>Whether a user's own certificate can be served.</summary>
/// <param name="host">This host.</param>
/// <param name="clock">Tells whether it is valid now.</param>
internal sealed class CertificateAdmission(HostIdentity host, TimeProvider clock) : IAdmissionCheck
{
    /// <inheritdoc/>
    public ValueTask<AdmissionResult> CheckAsync(
        CacheSpec? current, CacheSpec desired, IReadOnlyList<CacheSpec> others, CancellationToken cancellationToken)
    {
        if (desired.Certificate is not { } own)
        {
            return ValueTask.FromResult(AdmissionResult.Fine);
        }

        var addresses = IPAddress.TryParse(desired.Endpoint.Address, out var address) ? [address] : Array.Empty<IPAddress>();
        var loaded = UserCertificate.Load(own, ServerNames.Create([CacheEndpoints.HostName(desired, host)], addresses), clock);
        loaded.Certificate?.Certificate.Dispose();
        return ValueTask.FromResult(new AdmissionResult(
            [.. loaded.Problems.Where(problem => !problem.IsWarning).Select(problem => new PlanRefusalView(
                "certificate", null, own.CertificateFile, problem.Message, "Mend the files, or leave certificate out to get one of the installation's authority."))],
            [.. loaded.Problems.Where(problem => problem.IsWarning).Select(problem => problem.Message)]));
    }
}
