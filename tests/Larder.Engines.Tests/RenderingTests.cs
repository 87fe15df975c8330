using System.Globalization;
using CsCheck;
using Larder.Engines.Redis;
using Larder.Model.Specs;

namespace Larder.Engines.Tests;

/// <summary>Configuration is rendered as was agreed, for each family and version, and no secret is where it must not be.</summary>
public sealed class RenderingTests
{
    private readonly EngineDrivers _drivers = new(TimeProvider.System);

    [Theory]
    [InlineData(EngineFamily.Redis, "6.0.16", PersistenceMode.Disabled)]
    [InlineData(EngineFamily.Redis, "7.0.15", PersistenceMode.Disabled)]
    [InlineData(EngineFamily.Redis, "8.0.2", PersistenceMode.Rdb)]
    [InlineData(EngineFamily.Valkey, "8.1.1", PersistenceMode.Aof)]
    [InlineData(EngineFamily.Garnet, "2.2.8", PersistenceMode.Rdb)]
    public void Render_EachFamily_MatchesItsGoldenFile(EngineFamily family, string version, PersistenceMode persistence)
    {
        var plan = _drivers.For(family).Render(
            Nodes.Installation(family, version),
            Nodes.Configuration("/home/larder/a cache", 1, 7001, persistence) with { StartAsReplicaOf = new ReplicationTarget("127.0.0.1", 7000) });

        var text = string.Join('\n', plan.Files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"=== {file.Key}\n{file.Value}"));
        GoldenFiles.Matches($"{family}-{version}.txt".ToLowerInvariant(), text);
    }

    [Theory]
    [InlineData(EngineFamily.Redis)]
    [InlineData(EngineFamily.Valkey)]
    [InlineData(EngineFamily.Garnet)]
    public void Render_Always_KeepsSecretsOutOfCommandLineAndGatewayPasswordOutOfFiles(EngineFamily family)
    {
        var configuration = Nodes.Configuration("/larder");
        var plan = _drivers.For(family).Render(Nodes.Installation(family, "8.0.0"), configuration);

        var commandLine = string.Join(' ', plan.Arguments) + string.Join(' ', plan.Environment.Values);
        Assert.DoesNotContain(configuration.InternalUser.Password.Reveal(), commandLine, StringComparison.Ordinal);
        Assert.DoesNotContain(configuration.GatewayUser.Password.Reveal(), commandLine, StringComparison.Ordinal);
        Assert.All(plan.Files.Values, text => Assert.DoesNotContain(configuration.GatewayUser.Password.Reveal(), text, StringComparison.Ordinal));
        Assert.Equal(["--library-path", "/engines/lib", "/engines/bin/server"], plan.Arguments.Take(3));
    }

    [Theory]
    [InlineData(PersistenceMode.Disabled, 1)]
    [InlineData(PersistenceMode.Rdb, 0)]
    [InlineData(PersistenceMode.Aof, 0)]
    public void Render_WithoutPersistence_AsksForTheStopSnapshotToBeRemoved(PersistenceMode persistence, int files)
    {
        var plan = _drivers.For(EngineFamily.Redis).Render(
            Nodes.Installation(EngineFamily.Redis, "7.0.15"), Nodes.Configuration("/larder", persistence: persistence));

        Assert.Equal(files, plan.RemoveOnceLoaded.Count);
        Assert.All(plan.RemoveOnceLoaded, path => Assert.Equal("/larder/0/data/dump.rdb", path));
    }

    [Fact]
    public void Quote_AnyText_ReadsBackAsItWas() => Gen.String[Gen.Char[' ', '~'], 0, 40].Sample(text =>
        Assert.Equal(text, ReadBack(Quoting.Quote(text))));

    [Theory]
    [InlineData("a\nrename-command CONFIG x")]
    [InlineData("a\0b")]
    public void Quote_ControlCharacter_IsRefused(string text) => Assert.Throws<ArgumentException>(() => Quoting.Quote(text));

    [Fact]
    public void Render_MaxMemory_IsInBytes()
    {
        var plan = _drivers.For(EngineFamily.Redis).Render(Nodes.Installation(EngineFamily.Redis, "7.0.15"), Nodes.Configuration("/larder"));

        Assert.Contains("\nmaxmemory " + (64L << 20).ToString(CultureInfo.InvariantCulture) + "\n", plan.Files["/larder/0/conf/redis.conf"], StringComparison.Ordinal);
    }

    // How the engine reads one argument: plain up to a space, or in double quotes with backslash escapes.
    private static string ReadBack(string argument)
    {
        if (!argument.StartsWith('"'))
        {
            Assert.DoesNotContain(' ', argument);
            return argument;
        }

        var text = new System.Text.StringBuilder();
        for (var at = 1; at < argument.Length - 1; at++)
        {
            at += argument[at] == '\\' ? 1 : 0;
            text.Append(argument[at]);
        }

        Assert.Equal('"', argument[^1]);
        return text.ToString();
    }
}
