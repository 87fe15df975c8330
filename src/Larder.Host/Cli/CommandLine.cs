using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using System.Text.Json;
using Larder.Host.Cli.Output;
using Larder.Host.Cli.Verbs;
using Larder.Host.Client;
using Larder.Management.Contracts;

namespace Larder.Host.Cli;

/// <summary>The command line: parses, runs a verb, and turns whatever comes of it into text and an exit code.</summary>
internal static class CommandLine
{
    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Runs a command line.</summary>
    /// <param name="args">The words after the program's name.</param>
    /// <param name="services">The rest of the program.</param>
    /// <param name="console">The standard streams.</param>
    /// <param name="environment">Reads environment variables.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">The user wants it to end.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(
        string[] args, CliServices services, CliConsole console, Func<string, string?> environment, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (args is ["--version"])
        {
            console.Out.WriteLine(Version);
            return ExitCodes.Done;
        }

        var arguments = Build(new GlobalOptions(services, console, environment, clock)).Parse(args);
        var json = WantsJson(args);
        if (arguments.Errors.Count > 0 && arguments.Action is ParseErrorAction)
        {
            return Tell(console, json, NotUnderstood(arguments), ExitCodes.Refused);
        }

        try
        {
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = console.Out,
                Error = console.Error,
            };
            return await arguments.InvokeAsync(configuration, cancellationToken);
        }
        catch (CliException exception)
        {
            return Tell(console, json, exception.Error, exception.ExitCode);
        }
        catch (ManagementRequestException exception)
        {
            return Tell(console, json, exception.Error, exception.IsRefusal ? ExitCodes.Refused : ExitCodes.Failed);
        }
        catch (DaemonUnreachableException exception)
        {
            return Tell(console, json, new ErrorView(exception.Code, exception.Message, []), ExitCodes.Failed);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Tell(console, json, new ErrorView("interrupted", "Interrupted. What the daemon has begun goes on; see: larder list", []), ExitCodes.Failed);
        }
    }

    private static RootCommand Build(GlobalOptions globals)
    {
        var root = new RootCommand("Larder: a managed Redis service that you run yourself.");
        root.Options.Add(globals.Home);
        root.Options.Add(globals.Output);
        foreach (var option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction usual } help)
            {
                help.Action = new HelpWithExamples(usual);
                help.Description = "Show help, with examples";
            }
        }

        foreach (var verb in (Verb[])[
            new UpVerb(globals), new DownVerb(globals), new ServeVerb(globals), new PlanVerb(globals), new ApplyVerb(globals), new ListVerb(globals),
            new ShowVerb(globals), new TopVerb(globals), new KeysVerb(globals), new RegenerateKeyVerb(globals), new FailoverVerb(globals), new ScalingVerb(globals), new DrillVerb(globals), new BackupVerb(globals), new BackupsVerb(globals),
            new RestoreVerb(globals), new ExportVerb(globals), new ImportVerb(globals), new EventsVerb(globals), new DeleteVerb(globals), new EnginesVerb(globals),
            new PresetsVerb(globals), new DoctorVerb(globals)])
        {
            root.Subcommands.Add(verb);
        }

        return root;
    }

    private static ErrorView NotUnderstood(ParseResult arguments)
    {
        var help = arguments.CommandResult.Command is Verb verb ? $"larder {verb.Name} --help" : "larder --help";
        var problems = arguments.Errors.Select(error => error.Message).Distinct(StringComparer.Ordinal).ToList();
        return problems.Count == 1
            ? new ErrorView("bad_input", $"{problems[0]} See: {help}", [])
            : new ErrorView("bad_input", $"The command line is not understood. See: {help}", [.. problems]);
    }

    private static bool WantsJson(string[] args)
    {
        for (var index = 0; index < args.Length; index++)
        {
            if (args[index] is "--output=json" or "-o=json" or "--output:json" or "-o:json" or "-ojson"
                || (args[index] is "--output" or "-o" && index + 1 < args.Length && args[index + 1] == "json"))
            {
                return true;
            }
        }

        return false;
    }

    private static int Tell(CliConsole console, bool json, ErrorView error, int exitCode)
    {
        console.Say("larder: " + error.Message);
        foreach (var detail in error.Details)
        {
            console.Say("  " + detail);
        }

        if (json)
        {
            console.Out.WriteLine(JsonSerializer.Serialize(new ErrorEnvelope(error), ClientJson.Human.ErrorEnvelope));
        }

        return exitCode;
    }
}
