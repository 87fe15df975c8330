using System.CommandLine;
using System.CommandLine.Parsing;
using Larder.Host.Cli.Output;
using Larder.Model.Installation;

namespace Larder.Host.Cli;

/// <summary>The options that every verb takes.</summary>
/// <param name="services">The rest of the program.</param>
/// <param name="console">The standard streams.</param>
/// <param name="environment">Reads environment variables.</param>
/// <param name="clock">The clock.</param>
internal sealed class GlobalOptions(CliServices services, CliConsole console, Func<string, string?> environment, TimeProvider clock)
{
    /// <summary>Where everything is kept.</summary>
    public Option<string?> Home { get; } = new("--home")
    {
        Description = "Where Larder keeps everything: store, keys, certificates, logs, node data (default: $LARDER_HOME, else ~/.larder)",
        HelpName = "DIR",
        Recursive = true,
    };

    /// <summary>How results are written.</summary>
    public Option<OutputFormat> Output { get; } = new("--output", "-o")
    {
        Description = "How results are written: text, or JSON on standard output with all messages on standard error (default: table)",
        HelpName = "table|json",
        Recursive = true,
        CustomParser = ParseFormat,
    };

    /// <summary>Makes the context of a call.</summary>
    /// <param name="arguments">What was parsed.</param>
    /// <returns>The context.</returns>
    /// <exception cref="CliException">The home is not a path, or none is named and this user has none.</exception>
    public CliContext Context(ParseResult arguments)
    {
        var named = arguments.GetValue(Home);
        if (named is not null && string.IsNullOrWhiteSpace(named))
        {
            throw CliException.Refused("bad_input", "--home is empty; it must name a folder.");
        }

        var command = environment("LARDER_COMMAND") is { Length: > 0 } called ? ShellText.Quote(called) : "larder";
        return new CliContext
        {
            Home = named is null ? DefaultHome() : new LarderHome(named),
            Output = arguments.GetValue(Output),
            Console = console,
            Services = services,
            Clock = clock,
            Command = named is null ? command : $"{command} --home {ShellText.Quote(named)}",
        };
    }

    private LarderHome DefaultHome() => LarderHome.Default(environment)
        ?? throw CliException.Refused("bad_input", "This user has no home folder (HOME is not an absolute path), so that a home must be named: --home DIR, or LARDER_HOME.");

    private static OutputFormat ParseFormat(ArgumentResult result)
    {
        var word = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
        switch (word)
        {
            case "table":
                return OutputFormat.Table;
            case "json":
                return OutputFormat.Json;
            default:
                result.AddError($"--output is '{word}'; it must be table or json.");
                return OutputFormat.Table;
        }
    }
}
