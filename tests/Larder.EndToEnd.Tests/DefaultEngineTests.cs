using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>A machine with nothing but the .NET runtime: no Redis, no Valkey, neither on PATH nor in an engines folder.</summary>
public sealed class DefaultEngineTests
{
    private const string EnginesOfAllUsers = "/opt/larder";

    [Fact]
    public async Task Where_nothing_is_installed_up_uses_garnet_without_being_told()
    {
        await using var larder = new Installation();
        var spec = larder.Spec("name: dev\npreset: development\nmemory_mb: 64\n");

        // A mount name space of its own hides the folder from this call and from the daemon it starts, and from nobody else.
        Directory.CreateDirectory(Path.Combine(larder.Home, "nothing"));
        var hide = Directory.Exists(EnginesOfAllUsers) ? $"mount --bind \"$NOTHING\" {EnginesOfAllUsers} && " : "";
        var environment = new Dictionary<string, string>(larder.Environment)
        {
            ["NOTHING"] = Path.Combine(larder.Home, "nothing"),
            ["LARDER"] = Installation.Program,
            ["SPEC"] = spec,
        };
        var possible = await Command.RunAsync("unshare", ["--map-root-user", "--mount", "true"]);
        Assert.SkipWhen(possible.ExitCode != 0, $"This machine lets nobody make a mount name space: {possible.Error}");

        var up = await Command.RunAsync(
            "unshare", ["--map-root-user", "--mount", "sh", "-c", hide + "PATH=\"$NOTHING\" exec \"$LARDER\" up \"$SPEC\" --detach --output json"], environment);

        var cache = up.Succeeded().Json;
        Assert.Equal("garnet", cache.GetProperty("engine").GetString());
        Assert.Equal("Ready", cache.GetProperty("state").GetString());
        Assert.All(Installation.Nodes(cache), node => Assert.Equal("InSync", node.GetProperty("state").GetString()));
        Assert.NotEmpty(cache.GetProperty("limitations").EnumerateArray());
        Assert.Equal("OK", (await larder.RedisCliAsync("dev", "SET", "key", "value")).Output.Trim());
    }
}
