using System.Net;
using Larder.Security.Certificates;
using Larder.Security.Keys;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Security.Tests.Certificates;

/// <summary>A home folder with a key, a clock that tests move, and authorities opened on it.</summary>
internal sealed class Installation : IDisposable
{
    private readonly InstallationKey _key;
    private readonly List<IDisposable> _opened = [];

    public Installation()
    {
        _key = InstallationKey.OpenOrCreate(Home.Path);
        Protector = new SecretProtector(_key);
    }

    public static ServerNames Names { get; } =
        ServerNames.Create(["orders.larder.internal", "localhost"], [IPAddress.Loopback, IPAddress.IPv6Loopback]);

    public TemporaryFolder Home { get; } = new();

    public SecretProtector Protector { get; }

    // Near the real time, which TLS and OpenSSL check against.
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public CertificateAuthority OpenAuthority() => Own(CertificateAuthority.OpenOrCreate(Home.Path, Protector, Clock));

    public ServerCertificateStore OpenStore(CertificateAuthority authority) => Own(new ServerCertificateStore(Home.Path, authority, Clock));

    public T Own<T>(T disposable)
        where T : IDisposable
    {
        _opened.Add(disposable);
        return disposable;
    }

    public void Dispose()
    {
        foreach (var disposable in Enumerable.Reverse(_opened))
        {
            disposable.Dispose();
        }

        _key.Dispose();
        Home.Dispose();
    }
}
