using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using Larder.Gateway;
using Microsoft.Extensions.Logging;

namespace Larder.Compat.Doors;

/// <summary>Holds the door open before an engine that somebody else started, until it is told to stop (SIGTERM, SIGINT) or its input ends.</summary>
internal static class DoorProgram
{
    /// <param name="options">
    /// <c>socket</c>: the engine's; <c>port</c>: where to listen (0: anywhere); <c>certificate</c> and <c>certificate-key</c>: PEM files, where
    /// clients look at it; <c>sharing</c>: <c>no</c> gives each client an engine connection of its own. The environment has <c>ENGINE_USER</c>, <c>ENGINE_PASSWORD</c> and <c>DOOR_KEY</c>.
    /// </param>
    public static async Task<int> RunAsync(Arguments options)
    {
        using var loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(Enum.Parse<LogLevel>(options.Find("log") ?? "Information", ignoreCase: true)).AddSimpleConsole(console => console.SingleLine = true));
        var file = options.Find("certificate");
        using var pem = file is null ? null : X509Certificate2.CreateFromPemFile(file, options.Get("certificate-key"));
        using var certificate = pem is null ? null : X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        await using var door = await TestDoor.OpenAsync(
            options.Get("socket"), Variable("ENGINE_USER"), Variable("ENGINE_PASSWORD"), Variable("DOOR_KEY"),
            int.Parse(options.Find("port") ?? "0", CultureInfo.InvariantCulture), certificate,
            new GatewayOptions { SharesConnections = options.Find("sharing") != "no" }, loggers);
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"open {door.Port}"));
        await stop.Task;
        return 0;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }
    }

    private static string Variable(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new ArgumentException($"{name} is not in the environment.");
}
