using System.Diagnostics;
using System.Net.Sockets;
using Larder.Engines.Catalogue;
using Larder.Model.Engines;
using Larder.Model.Specs;
using StackExchange.Redis;
using Xunit;

namespace Larder.Integration.Tests;

/// <summary>An engine alone, as anybody would start it: no access control, everything allowed, loading <c>dump.rdb</c> of its folder.</summary>
internal sealed class BareEngine : IAsyncDisposable
{
    private readonly Process _process;

    private BareEngine(Process process, ConnectionMultiplexer redis, string folder) => (_process, Redis, Folder) = (process, redis, folder);

    public ConnectionMultiplexer Redis { get; }

    public string Folder { get; }

    public string Snapshot => Path.Combine(Folder, "dump.rdb");

    public static async Task<EngineInstallation> FindAsync(EngineFamily family, int major, int minor)
    {
        var found = await EngineCatalogue.DiscoverAsync(
            CatalogueSources.Usual("/nonexistent", null), TimeProvider.System, TestContext.Current.CancellationToken);
        var engine = found.Installations.FirstOrDefault(one => one.Family == family && one.Version.Major == major && one.Version.Minor == minor);
        Assert.SkipWhen(engine is null, $"{family} {major}.{minor} is not on this machine ('tools/fetch-engine' puts it there).");
        return engine!;
    }

    public static async Task<BareEngine> StartAsync(EngineInstallation engine, string folder, params string[] settings)
    {
        Directory.CreateDirectory(folder);
        var socket = Path.Combine(folder, "s");
        var start = new ProcessStartInfo(engine.Executable) { WorkingDirectory = folder, RedirectStandardOutput = true };
        foreach (var argument in engine.LeadingArguments.Concat(
            ["--port", "0", "--unixsocket", socket, "--save", "", "--enable-debug-command", "yes", "--dir", folder, "--logfile", Path.Combine(folder, "log"), .. settings]))
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        try
        {
            while (!File.Exists(socket))
            {
                Assert.False(process.HasExited, $"The engine ended: {(process.HasExited ? await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) : "")}");
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }

            var options = new ConfigurationOptions { EndPoints = { new UnixDomainSocketEndPoint(socket) }, AllowAdmin = true, SyncTimeout = 30_000, AsyncTimeout = 30_000 };
            var redis = await ConnectionMultiplexer.ConnectAsync(options);
            while ((string?)await redis.GetDatabase().ExecuteAsync("PING") != "PONG")
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }

            return new BareEngine(process, redis, folder);
        }
        catch
        {
            process.Kill();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Redis.DisposeAsync();
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
