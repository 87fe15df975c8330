using System.Collections.Concurrent;
using System.Net;
using Larder.Model.Events;
using Larder.Model.Installation;
using Larder.Model.Routing;
using Larder.Model.Specs;
using Larder.Security.Certificates;

namespace Larder.Controller.Caches;

/// <summary>The certificate that a cache is served with: its user's own, else one of the installation's authority, renewed when due.</summary>
/// <param name="certificates">Keeps and renews them.</param>
/// <param name="host">This host.</param>
/// <param name="hostNames">The names that this host has.</param>
/// <param name="events">Where a renewal is noted.</param>
internal sealed class CacheCertificates(ServerCertificateStore certificates, HostIdentity host, ServerNames hostNames, IEventJournal events)
{
    private readonly ConcurrentDictionary<string, ServerCertificate> _lastGood = new();

    /// <summary>
    /// The certificate to use from now on; the same instance until it changes. Where a new one cannot be had (files that are being replaced, a full
    /// disk), the one that served before goes on serving: the cache must not lose its route, and with it a failover, to a file.
    /// </summary>
    /// <param name="spec">The cache.</param>
    /// <returns>The certificate, and what is wrong with the one that should serve.</returns>
    /// <exception cref="InvalidOperationException">There is none that could serve; the message says why.</exception>
    public CacheCertificate Find(CacheSpec spec)
    {
        var (found, problem) = Get(spec);
        if (found is not null)
        {
            _lastGood[Key(spec)] = found;
            return new CacheCertificate(found, "");
        }

        return _lastGood.TryGetValue(Key(spec), out var before)
            ? new CacheCertificate(before, $"{problem} The certificate that served before goes on serving.")
            : throw new InvalidOperationException(problem);
    }

    /// <summary>Deletes a cache's certificate.</summary>
    /// <param name="cache">The cache.</param>
    public void Delete(string cache)
    {
        _lastGood.TryRemove(cache.ToLowerInvariant(), out _);
        certificates.Delete(cache.ToLowerInvariant());
    }

    /// <summary>The names that clients of a cache may use.</summary>
    /// <param name="spec">The cache.</param>
    /// <param name="host">Its host.</param>
    /// <param name="hostNames">The names that the host has.</param>
    /// <returns>The cache's own host name first.</returns>
    public static ServerNames NamesOf(CacheSpec spec, HostIdentity host, ServerNames hostNames)
    {
        var own = spec.Endpoint.Address is { } address && IPAddress.Parse(address) is var parsed
            && !parsed.Equals(IPAddress.Any) && !parsed.Equals(IPAddress.IPv6Any) ? [parsed] : Array.Empty<IPAddress>();
        return ServerNames.Create([CacheEndpoints.HostName(spec, host), .. hostNames.DnsNames], [.. hostNames.Addresses, .. own]);
    }

    private (ServerCertificate? Found, string Problem) Get(CacheSpec spec)
    {
        var names = NamesOf(spec, host, hostNames);
        if (spec.Certificate is { } own)
        {
            var loaded = certificates.LoadUser(Key(spec), own, names);
            return (loaded.Certificate,
                $"The certificate of {spec.Name} cannot be used: {string.Join(" ", loaded.Problems.Where(problem => !problem.IsWarning).Select(problem => problem.Message))}");
        }

        try
        {
            var issued = certificates.GetOrIssue(Key(spec), new ServerCertificateRequest(names));
            if (issued.Issued is not (RenewalReason.None or RenewalReason.Missing))
            {
                events.Append(new CacheEvent(EventKind.CertificateRenewed, spec.Name, $"The server certificate was replaced, since {WhyOf(issued.Issued)}; new connections get the new one."));
            }

            return (issued.Certificate, "");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, $"A new certificate of {spec.Name} cannot be kept: {exception.Message}");
        }
    }

    private static string WhyOf(RenewalReason reason) => reason switch
    {
        RenewalReason.Damaged => "its files were damaged",
        RenewalReason.Exposed => "its key could be read by other users of this host",
        RenewalReason.Expiring => "less than a third of its life was left",
        RenewalReason.NotYetValid => "by the clock it was not valid yet",
        RenewalReason.NamesChanged => "it lacked a name that clients use",
        _ => "another authority had signed it",
    };

    private static string Key(CacheSpec spec) => spec.Name.ToLowerInvariant();
}
