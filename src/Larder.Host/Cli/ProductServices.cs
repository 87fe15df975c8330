using System.Collections.Immutable;
using Larder.Engines;
using Larder.Host.Client;
using Larder.Host.Daemon;
using Larder.Management.Api;
using Larder.Management.Contracts;
using Larder.Model.Installation;
using Larder.Spec;

namespace Larder.Host.Cli;

/// <summary>The program's own services. Each is entered only where a verb needs it, so that a short call loads none of the daemon.</summary>
internal static class ProductServices
{
    /// <summary>Makes them.</summary>
    /// <param name="clock">The clock.</param>
    /// <returns>The services.</returns>
    public static CliServices Create(TimeProvider clock) => new()
    {
        Serve = (home, options, cancellationToken) => DaemonCommand.RunAsync(home, options, cancellationToken),
        PrepareHome = PrepareHome,
        ReadSpec = ReadSpec,
        Presets = ReadPresets,
        FindEngines = (home, cancellationToken) => FindEnginesAsync(home, clock, cancellationToken),
        ReadPorts = ReadPorts,
        DaemonStarter = home => new DaemonStarter(home, DaemonStarter.ThisProgram(), DaemonStarter.DefaultTimeout, clock),
    };

    private static void PrepareHome(LarderHome home)
    {
        try
        {
            HomePreparation.Prepare(home);
        }
        catch (DaemonStartException exception)
        {
            throw Translated(exception);
        }
    }

    private static SpecText ReadSpec(string path)
    {
        var result = SpecLoader.Load(path);
        if (result.Spec is not { } spec)
        {
            throw CliException.Refused(
                "invalid_spec",
                $"{path} is not a valid spec; nothing was changed:",
                [.. result.Errors.Select(error => error.ToString())]);
        }

        if (spec.Certificate is { } certificate)
        {
            // The daemon has a working folder of its own: a relative path is meant from the file that it stands in.
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            spec = spec with
            {
                Certificate = certificate with
                {
                    CertificateFile = Path.GetFullPath(certificate.CertificateFile, folder),
                    KeyFile = Path.GetFullPath(certificate.KeyFile, folder),
                },
            };
        }

        return new SpecText(spec.Name, SpecDocument.Serialize(spec));
    }

    private static ImmutableArray<PresetText> ReadPresets() => [.. SpecPresets.All.Select(preset =>
    {
        var complete = SpecLoader.Parse($"name: any\npreset: {preset.Name}\n", preset.Name).Spec
            ?? throw new InvalidOperationException($"The preset {preset.Name} of this program is not valid.");
        var json = SpecDocument.ToJson(complete);
        json.Remove("name");
        json.Remove("preset");
        return new PresetText(preset.Name, preset.Text, json.ToJsonString());
    })];

    private static async Task<EnginesView> FindEnginesAsync(LarderHome home, TimeProvider clock, CancellationToken cancellationToken)
    {
        var catalogue = new HostEngineCatalogue(home, new EngineDrivers(clock), clock);
        return EnginesViews.Of(await catalogue.RefreshAsync(cancellationToken), catalogue);
    }

    private static InstallationPorts ReadPorts(LarderHome home)
    {
        try
        {
            var settings = DaemonSettings.Load(home, new ServeOptions(), Environment.GetEnvironmentVariable);
            return new InstallationPorts(settings.TlsPort, settings.PlainPort);
        }
        catch (DaemonStartException exception)
        {
            throw Translated(exception);
        }
    }

    private static CliException Translated(DaemonStartException exception) =>
        new(exception.ExitCode, new ErrorView(exception.Code, exception.Message, [.. exception.Details]));
}
