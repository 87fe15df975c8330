using Xunit;

namespace Larder.EndToEnd.Tests.Harness;

/// <summary>One installation for all tests of a class, which run one after the other: each makes caches of names of its own.</summary>
public class SharedInstallation : IAsyncLifetime
{
    private int _caches;

    /// <summary>One for caches without clustering.</summary>
    public SharedInstallation()
        : this(nodePorts: 0)
    {
    }

    private protected SharedInstallation(int nodePorts) => Larder = new Installation(nodePorts: nodePorts);

    internal Installation Larder { get; }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>A name that no other test of the class has.</summary>
    internal string Name(string what) => $"{what}-{++_caches}";

    /// <summary>Makes a cache of a name of its own.</summary>
    internal async Task<string> UpAsync(string what, string engine = "redis", string version = "latest", string more = "")
    {
        var name = Name(what);
        await Larder.UpAsync(Larder.DevelopmentSpec(name, engine, version, more));
        return name;
    }

    public async ValueTask DisposeAsync()
    {
        await Larder.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
