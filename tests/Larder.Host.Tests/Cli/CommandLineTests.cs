using System.Text.Json;

namespace Larder.Host.Tests.Cli;

/// <summary>Parsing, help, exit codes, and where errors are written.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("bogus")]
    [InlineData("list --bogus")]
    [InlineData("plan")]
    [InlineData("show")]
    [InlineData("list -o xml")]
    [InlineData("reboot dev --node all")]
    [InlineData("regenerate-key dev both")]
    [InlineData("keys dev --primary --secondary")]
    [InlineData("serve --tls-port many")]
    [InlineData("")]
    public async Task A_command_line_that_is_not_understood_is_refused(string commandLine)
    {
        using var home = new TemporaryHome();
        var run = await CommandRun.OfAsync(home.Home, commandLine);
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("larder: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("--help", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task An_unknown_verb_is_named()
    {
        using var home = new TemporaryHome();
        var run = await CommandRun.OfAsync(home.Home, "bogus");
        Assert.Contains("bogus", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_an_error_is_one_object_on_standard_output_and_text_on_standard_error()
    {
        using var home = new TemporaryHome();
        var run = await CommandRun.OfAsync(home.Home, "plan bad.yaml --output json");
        Assert.Equal(2, run.ExitCode);
        var error = JsonDocument.Parse(run.Out).RootElement.GetProperty("error");
        Assert.Equal("invalid_spec", error.GetProperty("code").GetString());
        Assert.Equal("bad.yaml is not valid:", error.GetProperty("message").GetString());
        Assert.Equal(2, error.GetProperty("details").GetArrayLength());
        Assert.Equal(
            """
            larder: bad.yaml is not valid:
              bad.yaml:3:13: redis.capacity: 6 is not allowed; allowed: 1, 2, 3, 4, 5
              bad.yaml:4:3: unknown field 'replicas'

            """,
            run.Error);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show dev")]
    [InlineData("keys dev")]
    [InlineData("plan good.yaml")]
    [InlineData("apply good.yaml")]
    [InlineData("delete dev --yes")]
    [InlineData("regenerate-key dev primary")]
    public async Task Without_a_daemon_a_verb_fails_and_says_how_to_start_it(string commandLine)
    {
        using var home = new TemporaryHome();
        var run = await CommandRun.OfAsync(home.Home, commandLine);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal($"larder: No daemon runs for {home.Root}; start it with: larder up\n", run.Error);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task The_home_option_wins_over_the_variable()
    {
        using var home = new TemporaryHome();
        var run = await CommandRun.OfAsync(home.Home, "list --home /nowhere/at/all");
        Assert.Contains("No daemon runs for /nowhere/at/all; start it with: larder --home /nowhere/at/all up", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_without_a_home_folder_is_told_to_name_one_and_the_current_folder_is_left_alone()
    {
        var run = await CommandRun.OfAsync(null, "up", new CommandRun.Setup { UserHome = "not/absolute" });
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("LARDER_HOME", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_home_is_below_the_users_own_also_where_that_does_not_exist_yet()
    {
        var run = await CommandRun.OfAsync(null, "list", new CommandRun.Setup { UserHome = "/nonexistent/ada" });
        Assert.Contains("No daemon runs for /nonexistent/ada/.larder;", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("up")]
    [InlineData("down")]
    [InlineData("serve")]
    [InlineData("plan")]
    [InlineData("apply")]
    [InlineData("list")]
    [InlineData("show")]
    [InlineData("keys")]
    [InlineData("regenerate-key")]
    [InlineData("delete")]
    [InlineData("engines")]
    [InlineData("presets")]
    [InlineData("doctor")]
    public async Task Every_verb_has_help_with_an_example(string verb)
    {
        using var home = new TemporaryHome();
        var run = await CommandRun.OfAsync(home.Home, verb + " --help");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Examples:", run.Out, StringComparison.Ordinal);
        Assert.Contains("larder " + verb, run.Out, StringComparison.Ordinal);
        Assert.Contains("--home", run.Out, StringComparison.Ordinal);
        Assert.Contains("--output", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("--background", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_of_the_program_lists_the_verbs_and_the_exit_codes()
    {
        using var home = new TemporaryHome();
        var run = await CommandRun.OfAsync(home.Home, "--help");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("regenerate-key", run.Out, StringComparison.Ordinal);
        Assert.Contains("Exit codes: 0 done, 1 failed, 2 refused or bad input", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_is_one_line()
    {
        using var home = new TemporaryHome();
        var run = await CommandRun.OfAsync(home.Home, "--version");
        Assert.Equal(0, run.ExitCode);
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+\n$", run.Out);
    }

    [Fact]
    public async Task Serve_passes_its_options_on()
    {
        using var home = new TemporaryHome();
        var setup = new CommandRun.Setup();
        var run = await CommandRun.OfAsync(home.Home, "serve --tls-port 7380", setup);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["serve ServeOptions { TlsPort = 7380, PlainPort = , Background = False }"], setup.Calls);
    }

    [Fact]
    public async Task Presets_are_printed_without_a_daemon()
    {
        using var home = new TemporaryHome();
        Assert.Equal("# preset: development\nredis:\n  capacity: 1 # small\n\n", (await CommandRun.OfAsync(home.Home, "presets")).Out);
        var json = JsonDocument.Parse((await CommandRun.OfAsync(home.Home, "presets -o json")).Out).RootElement;
        Assert.Equal(1, json.GetProperty("development").GetProperty("redis").GetProperty("capacity").GetInt32());
    }
}
