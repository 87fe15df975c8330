using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Larder.Host.Drill;

namespace Larder.Host.Tests.Drill;

/// <summary>What a client of a drill leaves behind.</summary>
public sealed class DrillClientTests
{
    [Fact]
    public async Task Keys_whose_fate_is_unknown_are_removed_too()
    {
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        using var home = new TemporaryHome();
        var authority = home.Write("ca.pem", made.ExportCertificatePem());
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var client = new DrillClient(
            new DrillEndpoint("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port, "localhost", authority, "key"), "drill:", TimeProvider.System, static () => { });

        // The first write's fate is unknown; the next is acknowledged, and the client is told to stop.
        var heard = new List<string>();
        var serving = ServeAsync(command => command switch
        {
            ["SET", ..] => "-UNCERTAIN nobody knows\r\n",
            ["INCR", ..] => Stopping(),
            _ => "+OK\r\n",
        });
        await client.RunAsync(stop.Token);
        await serving;
        serving = ServeAsync(command => command is ["DEL", ..] ? ":2\r\n" : "+OK\r\n");
        await client.CleanUpAsync(TestContext.Current.CancellationToken);
        await serving;
        Assert.Equal((1, 1), (client.Tally.Uncertain, client.Tally.Acknowledged));
        Assert.Equal("DEL drill:0 drill:counter", heard[^1]);

        string Stopping()
        {
            stop.Cancel();
            return ":1\r\n";
        }

        async Task ServeAsync(Func<string[], string> answer)
        {
            using var socket = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
            await using var stream = new SslStream(new NetworkStream(socket));
            await stream.AuthenticateAsServerAsync(certificate);
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } header)
            {
                var words = new string[int.Parse(header.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)];
                for (var index = 0; index < words.Length; index++)
                {
                    await reader.ReadLineAsync(TestContext.Current.CancellationToken);
                    words[index] = await reader.ReadLineAsync(TestContext.Current.CancellationToken) ?? "";
                }

                heard.Add(string.Join(' ', words));
                await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(answer(words)), TestContext.Current.CancellationToken);
            }
        }
    }
}
