using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Larder.Controller.Processes;

namespace Larder.Controller.Tests.Processes;

/// <summary>Ends of processes, and signals to them: children, strangers, the dead, and those that only share a pid.</summary>
public sealed class ProcessExitWatcherTests : IAsyncDisposable
{
    private readonly ProcessYard _yard = new();

    public ValueTask DisposeAsync() => _yard.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    public async Task Watch_ChildThatExits_GivesItsCodeAndReapsIt(int code)
    {
        var identity = _yard.Shell("exit $1", null, code.ToString(CultureInfo.InvariantCulture));

        var exit = await _yard.ExitOf(identity);

        Assert.Equal(new ProcessExit(code, null), exit);
        Assert.Equal($"exited with code {code}", exit.ToString());
        Assert.Null(ProcessStat.TryRead(identity.Pid));
        Assert.False(identity.IsAlive());
    }

    [Theory]
    [InlineData(ProcessSignal.Kill)]
    [InlineData(ProcessSignal.Terminate)]
    public async Task Watch_ChildKilled_GivesTheSignal(ProcessSignal signal)
    {
        var identity = _yard.Shell("exec sleep 600");
        var watch = _yard.ExitOf(identity);
        Assert.False(watch.IsCompleted);

        Assert.True(identity.Signal(signal));

        var exit = await watch;
        Assert.Equal(new ProcessExit(null, (int)signal), exit);
        Assert.Contains($"was killed by signal {(int)signal} (SIG", exit.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_ChildThatEndedBefore_StillGivesItsCode()
    {
        var identity = _yard.Shell("exit 7");
        await ProcessYard.UntilAsync(() => ProcessStat.TryRead(identity.Pid)!.HasEnded, "the shell has ended");
        Assert.False(identity.IsAlive());
        Assert.False(identity.Signal(ProcessSignal.Terminate));

        Assert.Equal(new ProcessExit(7, null), await _yard.ExitOf(identity));
    }

    [Fact]
    public async Task Watch_ProcessThatIsNoChild_TellsItsEnd()
    {
        var orphan = await _yard.StartOrphanAsync();
        Assert.NotEqual(Environment.ProcessId, ProcessStat.TryRead(orphan.Pid)!.ParentPid);
        Assert.True(orphan.IsAlive());
        var watch = _yard.ExitOf(orphan);
        Assert.False(watch.IsCompleted);

        Assert.True(orphan.Signal(ProcessSignal.Kill));

        Assert.Equal(ProcessExit.Unknown, await watch);
        Assert.False(orphan.IsAlive());
    }

    [Fact]
    public async Task Identity_AfterStorage_FindsTheSameProcess()
    {
        var orphan = await _yard.StartOrphanAsync();

        var adopted = JsonSerializer.Deserialize<ProcessIdentity>(JsonSerializer.Serialize(orphan))!;

        Assert.Equal(orphan, adopted);
        Assert.True(adopted.IsAlive());
    }

    [Fact]
    public async Task Identity_OfAnotherProcessWithThePid_IsNeitherAliveNorSignalled()
    {
        var identity = _yard.Shell("exec sleep 600");
        var earlier = identity with { StartTimeTicks = identity.StartTimeTicks - 1 };
        var otherBoot = identity with { BootId = "4b2f0b52-0000-0000-0000-000000000000" };

        foreach (var other in new[] { earlier, otherBoot })
        {
            Assert.False(other.IsAlive());
            Assert.False(other.Signal(ProcessSignal.Kill));
            Assert.Equal(ProcessExit.Unknown, await _yard.ExitOf(other));
        }

        Assert.True(identity.IsAlive());
    }

    [Fact]
    public async Task Signal_StopAndContinue_FreezeAndThaw()
    {
        var identity = _yard.Shell("exec sleep 600");
        identity.Signal(ProcessSignal.Stop);
        await ProcessYard.UntilAsync(() => ProcessStat.TryRead(identity.Pid)!.State == 'T', "the process is frozen");
        Assert.True(identity.IsAlive());

        identity.Signal(ProcessSignal.Continue);
        await ProcessYard.UntilAsync(() => ProcessStat.TryRead(identity.Pid)!.State != 'T', "the process runs again");
        Assert.False(_yard.ExitOf(identity).IsCompleted);
    }

    [Fact]
    public async Task Watch_Twice_IsOneTask()
    {
        var identity = _yard.Shell("exec sleep 600");
        var first = _yard.Watcher.WatchAsync(identity);

        Assert.Same(first, _yard.Watcher.WatchAsync(identity));
        identity.Signal(ProcessSignal.Kill);
        Assert.Equal(9, (await first).Signal);
    }

    [Fact]
    public async Task Watch_ManyAtOnce_BesidesTheBaseLibrarysChildren_GivesEachItsOwnCode()
    {
        var theirs = Enumerable.Range(0, 20).Select(code => Process.Start("/bin/sh", ["-c", $"exit {code}"])).ToList();
        var ours = await Task.WhenAll(Enumerable.Range(0, 100).Select(code => Task.Run(async () =>
            await _yard.Watcher.WatchAsync(ProcessLauncher.Start(new LaunchRequest
            {
                Executable = "/bin/sh",
                Arguments = ["-c", $"exit {code}"],
                WorkingDirectory = _yard.Folder,
                LogFile = _yard.LogFile,
            })).WaitAsync(TimeSpan.FromSeconds(60)), TestContext.Current.CancellationToken)));

        Assert.Equal(Enumerable.Range(0, 100).Select(code => new ProcessExit(code, null)), ours);
        foreach (var (code, process) in theirs.Index())
        {
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(code, process.ExitCode);
            process.Dispose();
        }
    }

    [Fact]
    public async Task Dispose_CancelsWatches_AndLetsProcessesLive()
    {
        var identity = _yard.Shell("exec sleep 600");
        var watcher = new ProcessExitWatcher();
        var watch = watcher.WatchAsync(identity);

        watcher.Dispose();
        watcher.Dispose();

        await Assert.ThrowsAsync<TaskCanceledException>(() => watch);
        Assert.True(identity.IsAlive());
        Assert.Throws<ObjectDisposedException>(() => { _ = watcher.WatchAsync(identity); });
    }

    [Fact]
    public void ToString_OfEachKindOfEnd_IsTheEndOfASentence()
    {
        Assert.Equal("was killed by signal 11 (SIGSEGV)", new ProcessExit(null, 11).ToString());
        Assert.Equal("was killed by signal 40", new ProcessExit(null, 40).ToString());
        Assert.StartsWith("ended", ProcessExit.Unknown.ToString(), StringComparison.Ordinal);
    }
}
