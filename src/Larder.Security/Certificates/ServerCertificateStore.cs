using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Larder.Model.Specs;
using Larder.Security.Files;

namespace Larder.Security.Certificates;

/// <summary>
/// The caches' server certificates: <c>certificates/&lt;cache&gt;/server.crt</c> and <c>server.key</c> (0600, PKCS#8 PEM) of the home folder. It keeps
/// every instance it ever handed out alive until it is disposed itself, so that open connections outlive a renewal. Thread-safe.
/// </summary>
public sealed class ServerCertificateStore : IDisposable
{
    private readonly string _folder;
    private readonly CertificateAuthority _authority;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServerCertificate> _current = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ServerCertificate> _currentOfUser = new(StringComparer.Ordinal);
    private readonly List<X509Certificate2> _handedOut = [];

    /// <summary>A store in an installation's home folder.</summary>
    /// <param name="home">The home folder.</param>
    /// <param name="authority">Issues the certificates; must live as long as the store.</param>
    /// <param name="clock">Tells when a certificate is due.</param>
    public ServerCertificateStore(string home, CertificateAuthority authority, TimeProvider clock)
    {
        _folder = Path.Combine(Path.GetFullPath(home), "certificates");
        _authority = authority;
        _clock = clock;
    }

    /// <summary>The cache's certificate: the present one, or a new one where <see cref="RenewalDecider"/> says so or the files cannot be used.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="request">What the certificate is for.</param>
    /// <returns>The certificate, and why it was issued if it was.</returns>
    /// <exception cref="IOException">The files could not be written; what was there before still serves.</exception>
    public IssuedCertificate GetOrIssue(string cache, ServerCertificateRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var folder = FolderOf(cache);
        lock (_lock)
        {
            var reason = RenewalReason.None;
            if (!_current.TryGetValue(cache, out var present))
            {
                present = Read(folder, out reason);
            }

            if (present is not null)
            {
                reason = RenewalDecider.Decide(CertificateFacts.From(present.Certificate), request.Names, _authority.KeyId, _clock.GetUtcNow());
            }

            var certificate = present is not null && reason == RenewalReason.None ? present : Issue(folder, request);
            _current[cache] = certificate;
            return new IssuedCertificate(certificate, reason, RenewalDecider.RenewAt(CertificateFacts.From(certificate.Certificate)));
        }
    }

    /// <summary>A user-supplied certificate, read from its files each time; the same instance as at the last call while they did not change.</summary>
    /// <param name="cache">The cache's name.</param>
    /// <param name="spec">Where the files are.</param>
    /// <param name="wanted">The names clients use.</param>
    /// <returns>The certificate, or every problem that forbids its use; the store owns the certificate.</returns>
    public UserCertificate LoadUser(string cache, CertificateSpec spec, ServerNames wanted)
    {
        var loaded = UserCertificate.Load(spec, wanted, _clock);
        if (loaded.Certificate is not { } fresh)
        {
            return loaded;
        }

        lock (_lock)
        {
            if (_currentOfUser.TryGetValue(cache, out var present) && IsSame(present, fresh))
            {
                Dispose(fresh);
                return loaded with { Certificate = present };
            }

            _currentOfUser[cache] = Keep(fresh);
            return loaded;
        }
    }

    /// <summary>Deletes a cache's certificate and key, where there are any. Instances handed out before stay usable.</summary>
    /// <param name="cache">The cache's name.</param>
    public void Delete(string cache)
    {
        var folder = FolderOf(cache);
        lock (_lock)
        {
            _current.Remove(cache);
            _currentOfUser.Remove(cache);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var certificate in _handedOut)
            {
                certificate.Dispose();
            }

            _handedOut.Clear();
            _current.Clear();
            _currentOfUser.Clear();
        }
    }

    private static bool IsSame(ServerCertificate left, ServerCertificate right) =>
        left.Certificate.RawDataMemory.Span.SequenceEqual(right.Certificate.RawDataMemory.Span)
        && left.Chain.Select(link => link.Thumbprint).SequenceEqual(right.Chain.Select(link => link.Thumbprint));

    private static void Dispose(ServerCertificate unused)
    {
        unused.Certificate.Dispose();
        foreach (var link in unused.Chain)
        {
            link.Dispose();
        }
    }

    private string FolderOf(string cache)
    {
        if (string.IsNullOrEmpty(cache) || cache[0] == '.' || cache.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{cache}' is not a cache name.", nameof(cache));
        }

        return Path.Combine(_folder, cache);
    }

    private ServerCertificate? Read(string folder, out RenewalReason reason)
    {
        var keyPath = Path.Combine(folder, "server.key");
        var certificatePath = Path.Combine(folder, "server.crt");
        if (!File.Exists(keyPath) || !File.Exists(certificatePath))
        {
            reason = RenewalReason.Missing;
            return null;
        }

        if (OwnerOnlyFile.IsOpenToOthers(File.GetUnixFileMode(keyPath)))
        {
            reason = RenewalReason.Exposed;
            return null;
        }

        try
        {
            // Fails (with ArgumentException) where key and certificate do not belong together: a crash between the two files of a renewal.
            var certificate = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
            reason = RenewalReason.None;
            return Keep(new ServerCertificate(certificate, []));
        }
        catch (Exception cause) when (cause is CryptographicException or ArgumentException)
        {
            reason = RenewalReason.Damaged;
            return null;
        }
    }

    private ServerCertificate Issue(string folder, ServerCertificateRequest request)
    {
        var certificate = _authority.Issue(request);
        try
        {
            using var key = certificate.GetECDsaPrivateKey()!;
            OwnerOnlyFile.Write(Path.Combine(folder, "server.key"), key.ExportPkcs8PrivateKeyPem() + "\n");
            OwnerOnlyFile.Write(Path.Combine(folder, "server.crt"), certificate.ExportCertificatePem() + "\n", OwnerOnlyFile.PublicMode);
        }
        catch
        {
            certificate.Dispose();
            throw;
        }

        return Keep(new ServerCertificate(certificate, []));
    }

    private ServerCertificate Keep(ServerCertificate certificate)
    {
        _handedOut.Add(certificate.Certificate);
        _handedOut.AddRange(certificate.Chain);
        return certificate;
    }
}
