using System.Diagnostics;
using System.Text.Json;
using Larder.Host.Client;
using Larder.Management.Contracts;

namespace Larder.Host.Tests.Cli;

/// <summary><c>down</c>: with a daemon, without one, and with engines that outlived theirs.</summary>
public sealed class DownTests : IAsyncDisposable
{
    private readonly TemporaryHome _home = new();
    private FakeDaemon? _daemon;
    private Process? _process;

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        }

        if (_daemon is not null)
        {
            await _daemon.DisposeAsync();
        }

        _home.Dispose();
    }

    [Fact]
    public async Task Without_anything_running_there_is_nothing_to_stop()
    {
        var run = await CommandRun.OfAsync(_home.Home, "down");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal($"Nothing to stop: nothing runs for {_home.Root}.\n", run.Out);
        Assert.False(JsonDocument.Parse((await CommandRun.OfAsync(_home.Home, "down -o json")).Out).RootElement.GetProperty("stopped").GetBoolean());
    }

    [Fact]
    public async Task It_shows_the_shutdown_and_returns_when_the_daemons_process_is_gone()
    {
        _process = Process.Start("sleep", "600");
        _daemon = await FakeDaemon.StartAsync(_home.Home);
        _daemon.Pid = _process.Id;
        _daemon.AfterShutdown = _process.Kill;
        var run = await CommandRun.OfAsync(_home.Home, "down");
        Assert.Equal(0, run.ExitCode);
        Assert.True(HasEnded(_process.Id), "The daemon's process still runs.");
        Assert.Equal("stopping: closing the gateway (5 %)\nstopping: stopped; all data is kept (100 %)\n", run.Error);
        Assert.Equal("Stopped; all data is kept.\n", run.Out);
    }

    [Fact]
    public async Task What_could_not_be_stopped_in_order_is_a_failure()
    {
        _process = Process.Start("sleep", "600");
        _daemon = await FakeDaemon.StartAsync(_home.Home);
        _daemon.Pid = _process.Id;
        _daemon.AfterShutdown = _process.Kill;
        _daemon.Shutdown = [new ShutdownProgress("stopped", 100, true, "node orders/1 had to be killed")];
        var run = await CommandRun.OfAsync(_home.Home, "down");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("node orders/1 had to be killed", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Engines_without_their_daemon_are_stopped_in_order_by_a_new_one()
    {
        var data = Directory.CreateDirectory(Path.Combine(_home.Home.NodeFolder("orders", 0), "data")).FullName;
        _process = Process.Start(new ProcessStartInfo("sleep", "600") { WorkingDirectory = data })!;
        var starter = new FakeStarter(async () =>
        {
            _daemon = await FakeDaemon.StartAsync(_home.Home);
            _daemon.Pid = _process.Id;
            _daemon.AfterShutdown = _process.Kill;
            return new DaemonHandshake(true, _process.Id, null, null);
        });
        var run = await CommandRun.OfAsync(_home.Home, "down", new CommandRun.Setup { Starter = _ => starter });
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(1, starter.Starts);
        Assert.StartsWith("Engines run on without their daemon; starting it to stop them in order.\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("SHUTDOWN", _daemon!.Requests);
    }

    /// <summary>Whether a process is gone, or is a zombie that its parent has not yet heard of.</summary>
    private static bool HasEnded(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].StartsWith('Z');
        }
        catch (IOException)
        {
            return true; // Gone between the look and the read, or before.
        }
    }
}
