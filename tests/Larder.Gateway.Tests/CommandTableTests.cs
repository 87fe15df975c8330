using Larder.Compat.Differential;
using Larder.Compat.Engines;
using Larder.Compat.Wire;

namespace Larder.Gateway.Tests;

/// <summary>
/// A part of the long comparison (bench/compat): generated cases of commands from the engine's own table, and interleavings of what changes
/// connections, directly and through the door.
/// </summary>
public sealed class CommandTableTests
{
    public static TheoryData<string> Engines => [.. InstalledEngines.All];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Commands_are_answered_as_the_engine_answers_them(string name)
    {
        await using var engines = await StartAsync(name);
        var run = new CommandTableRun(engines, seed: 1);
        var differences = await run.RunAsync(described: 3, part: 12);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.True(run.Cases > 100, $"only {run.Cases} cases of {run.Commands} commands");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Clients_that_change_their_connections_see_what_they_would_see_at_the_engine(string name)
    {
        await using var engines = await StartAsync(name);
        var run = new InterleavingRun(engines, seed: 1);
        var differences = await run.RunAsync(sessions: 6, steps: 40);
        Assert.True(differences.Count == 0, string.Join('\n', differences));
        Assert.True(run.Steps > 100, $"only {run.Steps} steps");
    }

    [Theory]
    [InlineData("redis 7.0")]
    [InlineData("redis 8.0")]
    [InlineData("valkey 8.1")]
    public async Task A_wrong_key_is_refused_also_where_the_engine_would_say_nothing_about_it(string name)
    {
        await using var engines = await StartAsync(name);
        await using var pair = await engines.EnterAsync(3);
        string[][] refused = [["AUTH", "wrong"], ["AUTH", "default", "wrong"], ["HELLO", "3", "AUTH", "default", "wrong"]];
        foreach (var command in refused)
        {
            await pair.Through.SendAsync((byte[])[.. RespConnection.Encode("ECHO", "before"), .. RespConnection.Encode(command), .. RespConnection.Encode("ECHO", "behind")]);
            var replies = new List<string>();
            for (var number = 0; number < 3; number++)
            {
                replies.Add((await pair.Through.ReadAsync(TimeSpan.FromSeconds(20))).ToString());
            }

            Assert.Equal(["$before", "-WRONGPASS invalid username-password pair or user is disabled.", "$behind"], replies);
        }

        await pair.Through.ExpectAsync("+OK", "AUTH", EngineProcess.Key);
        await pair.Through.ExpectAsync("+PONG", "PING");
    }

    [Fact]
    public async Task Where_the_engine_does_not_know_reset_it_is_answered_and_the_session_goes_on()
    {
        await using var engines = await StartAsync("garnet 2.2");
        await using var pair = await engines.EnterAsync(2);
        foreach (var connection in new[] { pair.Direct, pair.Through })
        {
            await connection.ExpectAsync("-ERR unknown command", "RESET");
            await connection.ExpectAsync("+PONG", "PING");
        }
    }

    private static async Task<EnginePair> StartAsync(string name)
    {
        var installation = await InstalledEngines.FindAsync(name);
        Assert.SkipWhen(installation is null, $"{name} is not on this machine ('tools/fetch-engine' puts it there).");
        return await EnginePair.StartAsync(installation!);
    }
}
