using Larder.Engines;
using Larder.Host.Client;
using Larder.Host.Daemon;
using Larder.Management.Api;
using Larder.Model.Installation;
using Larder.Spec;

namespace Larder.Host.Cli;

/// <summary>The program's own services. Each is a lambda, so that a verb loads only the assemblies that it uses.</summary>
internal static class ProductServices
{
    /// <summary>Makes them.</summary>
    /// <returns>The services.</returns>
    public static CliServices Create() => new()
    {
        Serve = (home, arguments, cancellationToken) => DaemonCommand.RunAsync(
            home,
            new ServeOptions { TlsPort = arguments.TlsPort, PlainPort = arguments.PlainPort, Background = arguments.Background },
            cancellationToken),
        PrepareHome = home => Refusing(() =>
        {
            HomePreparation.Prepare(home);
            return true;
        }),
        ReadSpec = ReadSpec,
        Presets = () => [.. SpecPresets.All.Select(Show)],
        FindEngines = async (home, cancellationToken) =>
        {
            var catalogue = new HostEngineCatalogue(home, new EngineDrivers(TimeProvider.System), TimeProvider.System);
            return EnginesViews.Of(await catalogue.RefreshAsync(cancellationToken), catalogue);
        },
        ReadPorts = home => Refusing(() =>
        {
            var settings = DaemonSettings.Load(home, new ServeOptions(), Environment.GetEnvironmentVariable);
            return new InstallationPorts(settings.TlsPort, settings.PlainPort);
        }),
        DaemonStarter = home => new DaemonStarter(home, Client.DaemonStarter.ThisProgram(), Client.DaemonStarter.DefaultTimeout, TimeProvider.System),
    };

    private static SpecText ReadSpec(string path)
    {
        var loaded = SpecLoader.Load(path);
        return loaded.Spec is { } spec
            ? new SpecText(spec.Name, SpecDocument.Serialize(spec))
            : throw CliException.Refused("invalid_spec", $"{path} is not a valid spec; nothing was changed:", [.. loaded.Errors.Select(error => error.ToString())]);
    }

    /// <summary>A preset's first line is a comment that says what it is for; its values are those of a spec that says no more than its name.</summary>
    private static PresetText Show(SpecPreset preset)
    {
        var values = SpecDocument.ToJson(SpecLoader.Parse($"name: preset\npreset: {preset.Name}\n", preset.Name).Spec!);
        values.Remove("name");
        values.Remove("preset");
        var heading = preset.Text[..preset.Text.IndexOf('\n', StringComparison.Ordinal)].TrimStart('#', ' ');
        return new PresetText(preset.Name, heading[(heading.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim(), values.ToJsonString());
    }

    private static T Refusing<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (DaemonStartException exception)
        {
            throw CliException.Refused(exception.Code, exception.Message, [.. exception.Details]);
        }
    }
}
