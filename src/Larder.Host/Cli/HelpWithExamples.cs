using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Larder.Host.Cli;

/// <summary>The usual help, followed by examples and, for the program itself, the exit codes.</summary>
/// <param name="usual">The usual help.</param>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        var writer = parseResult.InvocationConfiguration.Output;
        var command = parseResult.CommandResult.Command;
        IReadOnlyList<(string Arguments, string Effect)> examples = command is Verb verb
            ? verb.Examples
            : [("up examples/development.yaml", "start a small cache and say how to connect"), ("list", "all caches"), ("down", "stop everything; data is kept")];
        writer.WriteLine("Examples:");
        foreach (var (arguments, effect) in examples)
        {
            writer.WriteLine($"  larder {arguments,-44} {effect}");
        }

        if (command is not Verb)
        {
            writer.WriteLine();
            writer.WriteLine("Exit codes: 0 done, 1 failed, 2 refused or bad input (nothing was changed).");
            writer.WriteLine("With --output json an error is {\"error\":{\"code\",\"message\",\"details\"}} on standard output, and text on standard error.");
        }

        return ExitCodes.Done;
    }
}
