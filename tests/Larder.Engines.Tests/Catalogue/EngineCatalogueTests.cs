using Larder.Engines.Catalogue;
using Larder.Model.Specs;

namespace Larder.Engines.Tests.Catalogue;

/// <summary>The catalogue believes what a binary says of itself, and reports what it cannot use.</summary>
public sealed class EngineCatalogueTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Discover_SeveralPlaces_SortsByFamilyAndNewestFirst()
    {
        Program("path/redis-server", "echo 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1'");
        Program("engines/redis-8.0.2/bin/redis-server", "echo 'Redis server v=8.0.2 sha=0'");
        Program("engines/valkey-8.1.1/valkey-server", "echo 'Valkey server v=8.1.1 sha=0'");

        var catalogue = await DiscoverAsync();

        Assert.Equal(
            [(EngineFamily.Redis, "8.0.2"), (EngineFamily.Redis, "7.0.15"), (EngineFamily.Valkey, "8.1.1")],
            catalogue.Installations.Select(installation => (installation.Family, installation.Version.ToString())));
        Assert.Empty(catalogue.Problems);
        Assert.Equal("PATH", catalogue.Installations[1].Origin);
        Assert.Equal(_folder.File("engines"), catalogue.Installations[0].Origin);
    }

    [Fact]
    public async Task Discover_ValkeyUnderRedisName_IsValkey()
    {
        Program("path/valkey-server", "echo 'Valkey server v=8.1.1 sha=0'");
        File.CreateSymbolicLink(_folder.File("path", "redis-server"), _folder.File("path", "valkey-server"));

        Assert.Equal(EngineFamily.Valkey, Assert.Single((await DiscoverAsync()).Installations).Family);
    }

    [Fact]
    public async Task Discover_SameVersionTwice_PathWins()
    {
        Program("path/redis-server", "echo 'Redis server v=7.0.15 sha=0'");
        Program("engines/redis-7.0.15/bin/redis-server", "echo 'Redis server v=7.0.15 sha=0'");

        Assert.Equal("PATH", Assert.Single((await DiscoverAsync()).Installations).Origin);
    }

    [Fact]
    public async Task Discover_FolderWithLoader_ExecutesTheLoader()
    {
        Program("engines/redis-8.0.2/bin/redis-server", "exit 1");
        var loader = Program("engines/redis-8.0.2/lib/ld-linux-x86-64.so.2", "[ \"$1\" = --library-path ] && echo 'Redis server v=8.0.2 sha=0'");

        var installation = Assert.Single((await DiscoverAsync()).Installations);

        Assert.Equal(loader, installation.Executable);
        Assert.Equal(
            ["--library-path", _folder.File("engines", "redis-8.0.2", "lib"), _folder.File("engines", "redis-8.0.2", "bin", "redis-server")],
            installation.LeadingArguments);
    }

    [Theory]
    [InlineData("echo 'error while loading shared libraries: libssl.so.3' >&2; exit 127", "libssl.so.3")]
    [InlineData("echo hello", "hello")]
    [InlineData("exec sleep 60", "within")]
    [InlineData("echo 'Redis server v=5.0.14 sha=0'", "too old")]
    public async Task Discover_BinaryThatDoesNotDo_IsReportedWithWhatItSaid(string script, string expected)
    {
        var path = Program("path/redis-server", script);

        var catalogue = await DiscoverAsync();

        var problem = Assert.Single(catalogue.Problems);
        Assert.Empty(catalogue.Installations);
        Assert.Equal(path, problem.Path);
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(path, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Discover_FileThatIsNoProgram_IsReported()
    {
        var path = Program("path/redis-server", string.Empty);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);

        var problem = Assert.Single((await DiscoverAsync()).Problems);
        Assert.Equal(path, problem.Path);
        Assert.Equal("it cannot be executed: Permission denied.", problem.Message);
    }

    [Fact]
    public async Task Discover_NothingThere_IsEmpty()
    {
        var catalogue = await DiscoverAsync();

        Assert.Empty(catalogue.Installations);
        Assert.Empty(catalogue.Problems);
        Assert.Null(catalogue.Newest(EngineFamily.Redis));
    }

    public void Dispose() => _folder.Dispose();

    private Task<EngineCatalogue> DiscoverAsync() => EngineCatalogue.DiscoverAsync(
        new CatalogueSources
        {
            SearchPath = [_folder.File("path"), _folder.File("missing")],
            EngineFolders = [_folder.File("engines")],
            ProbeTimeout = TimeSpan.FromSeconds(3),
        },
        TimeProvider.System,
        TestContext.Current.CancellationToken);

    private string Program(string path, string script)
    {
        var file = _folder.File(path.Split('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return file;
    }
}
