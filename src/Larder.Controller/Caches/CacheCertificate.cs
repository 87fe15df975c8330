using Larder.Security.Certificates;

namespace Larder.Controller.Caches;

/// <summary>The certificate that a cache is served with.</summary>
/// <param name="Served">The certificate.</param>
/// <param name="Problem">Why it is an earlier one than it should be; empty where it is not.</param>
internal sealed record CacheCertificate(ServerCertificate Served, string Problem);
