using Larder.Host.Cli;
using Larder.Host.Cli.Output;
using Larder.Host.Client;
using Larder.Model.Installation;

namespace Larder.Host.Tests;

/// <summary>One command line, run in this process with captured streams.</summary>
internal sealed record CommandRun(int ExitCode, string Out, string Error)
{
    public static async Task<CommandRun> OfAsync(LarderHome? home, string commandLine, Setup? setup = null, CancellationToken? cancellationToken = null)
    {
        setup ??= new Setup();
        using var output = new StringWriter();
        using var error = new StringWriter();
        var console = new CliConsole
        {
            Out = output,
            Error = error,
            In = new StringReader(setup.Input ?? ""),
            RichOut = false,
            RichError = false,
            CanAsk = setup.Input is not null,
        };
        string[] words = commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string? Variable(string name) => name switch
        {
            "LARDER_HOME" => home?.Root,
            "HOME" => setup.UserHome,
            _ => null,
        };
        var exitCode = await CommandLine.RunAsync(
            words, setup.Services, console, Variable, TimeProvider.System, cancellationToken ?? TestContext.Current.CancellationToken);
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>What the rest of the program does in a test.</summary>
    internal sealed class Setup
    {
        public string? Input { get; init; }

        public string? UserHome { get; init; }

        public Func<LarderHome, IDaemonStarter>? Starter { get; init; }

        public List<string> Calls { get; } = [];

        public CliException? HomeProblem { get; init; }

        public CliServices Services => new()
        {
            Serve = (home, arguments, _) =>
            {
                Calls.Add($"serve {arguments}");
                return Task.FromResult(0);
            },
            PrepareHome = _ =>
            {
                Calls.Add("prepare");
                if (HomeProblem is not null)
                {
                    throw HomeProblem;
                }
            },
            ReadSpec = path => path.StartsWith("bad", StringComparison.Ordinal)
                ? throw CliException.Refused("invalid_spec", $"{path} is not valid:", $"{path}:3:13: redis.capacity: 6 is not allowed; allowed: 1, 2, 3, 4, 5", $"{path}:4:3: unknown field 'replicas'")
                : new SpecText("orders", """{"name":"orders"}"""),
            Presets = () => [new PresetText("development", "redis:\n  capacity: 1 # small\n", """{"redis":{"capacity":1}}""")],
            FindEngines = (_, _) => Task.FromResult(Samples.Engines),
            ReadPorts = _ => new InstallationPorts(6380, 6379),
            DaemonStarter = Starter ?? (_ => new FakeStarter(() => throw new InvalidOperationException("No daemon may be started in this test."))),
        };
    }
}
