using System.Globalization;
using Larder.Controller.Processes;

namespace Larder.Controller.Tests.Processes;

/// <summary>The lock of a data folder: held by the engine, not by the daemon, and by its remnants.</summary>
public sealed class FolderLockTests : IAsyncDisposable
{
    private readonly ProcessYard _yard = new();

    private string Data => Path.Combine(_yard.Folder, "data");

    public ValueTask DisposeAsync() => _yard.DisposeAsync();

    [Fact]
    public void Take_Twice_IsRefusedUntilTheFirstIsGone()
    {
        using (FolderLock.Take(Data))
        {
            var exception = Assert.Throws<FolderLockedException>(() => FolderLock.Take(Data));
            Assert.Equal(Data, exception.Folder);
            Assert.Equal(Environment.ProcessId, Assert.Single(exception.Holders).Pid);
        }

        FolderLock.Take(Data).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Data, ".lock")));
    }

    [Fact]
    public async Task Take_WhileTheEngineLives_IsRefusedWithItsPidAndName()
    {
        var engine = _yard.Shell("exec sleep 600", FolderLock.Take(Data));
        await ProcessYard.UntilAsync(() => ProcessStat.TryRead(engine.Pid)!.Name == "sleep", "the shell has become sleep");

        var exception = Assert.Throws<FolderLockedException>(() => FolderLock.Take(Data));

        Assert.Equal([engine], exception.Holders);
        Assert.Contains($"'{Data}' is in use by process {engine.Pid} (sleep).", exception.Message, StringComparison.Ordinal);
        Assert.Equal(engine, FolderLock.ReadOwner(Data));
    }

    [Fact]
    public async Task Take_AfterTheEnginesDeath_Succeeds()
    {
        var engine = _yard.Shell("exec sleep 600", FolderLock.Take(Data));
        engine.Signal(ProcessSignal.Kill);
        await _yard.ExitOf(engine);
        Assert.Empty(FolderLock.FindRemnants(Data));

        using var folderLock = FolderLock.Take(Data);

        Assert.Null(FolderLock.ReadOwner(Data));
    }

    [Fact]
    public async Task Take_WhileAForkedChildOutlivesTheEngine_IsRefusedUntilTheRemnantIsGone()
    {
        var engine = _yard.Shell("sleep 600 & echo $!; exec sleep 600", FolderLock.Take(Data));
        await ProcessYard.UntilAsync(() => _yard.ReadLog().EndsWith('\n'), "the engine has forked");
        var child = ProcessIdentity.TryRead(int.Parse(_yard.ReadLog(), CultureInfo.InvariantCulture))!;
        _yard.Adopt(child);
        Assert.Empty(await FolderRemnants.KillAsync(Data, _yard.Watcher, TestContext.Current.CancellationToken));
        Assert.True(child.IsAlive());
        engine.Signal(ProcessSignal.Kill);
        await _yard.ExitOf(engine);

        var exception = Assert.Throws<FolderLockedException>(() => FolderLock.Take(Data));
        Assert.Equal([child], exception.Holders);
        Assert.Contains($"the engine last started on it was process {engine.Pid}", exception.Message, StringComparison.Ordinal);

        Assert.Equal([child], await FolderRemnants.KillAsync(Data, _yard.Watcher, TestContext.Current.CancellationToken));
        FolderLock.Take(Data).Dispose();
    }

    [Fact]
    public async Task EndAsync_WhatAKilledDaemonLeftStopped_IsEndedAndTheFolderFree()
    {
        var left = _yard.Shell("exec sleep 600", FolderLock.Take(Data));
        left.Signal(ProcessSignal.Stop);
        await FolderRemnants.EndAsync(Data, _yard.Watcher, TestContext.Current.CancellationToken);
        Assert.False(left.IsAlive());
        FolderLock.Take(Data).Dispose();
    }

    [Fact]
    public async Task EndAsync_NobodyAndNothingThere_IsNoProblem()
    {
        await FolderRemnants.EndAsync(Data, _yard.Watcher, TestContext.Current.CancellationToken);
        await FolderRemnants.EndAsync(Path.Combine(_yard.Folder, "none"), _yard.Watcher, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task FindRemnants_HolderOfAnotherSession_IsNone()
    {
        var engine = _yard.Shell("exec sleep 600", FolderLock.Take(Data));
        engine.Signal(ProcessSignal.Kill);
        await _yard.ExitOf(engine);

        // A person who reads the file is no remnant of the engine, and must not be killed for it.
        using var reader = File.OpenRead(Path.Combine(Data, ".lock"));

        Assert.Empty(FolderLock.FindRemnants(Data));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"Pid\":12,\"StartTi")]
    public void ReadOwner_HalfWrittenNote_IsNone(string content)
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(Path.Combine(Data, ".lock"), content);

        Assert.Null(FolderLock.ReadOwner(Data));
        Assert.Empty(FolderLock.FindRemnants(Data));
    }

    [Fact]
    public void ReadOwner_NoFolder_IsNone() => Assert.Null(FolderLock.ReadOwner(Path.Combine(_yard.Folder, "none")));

    [Fact]
    public async Task FindUnnotedOwner_EngineWhoseDaemonDiedBeforeTheNote_IsFoundByTheLockItHolds()
    {
        var engine = _yard.Shell("sleep 600 & echo $!; exec sleep 600", FolderLock.Take(Data));
        await ProcessYard.UntilAsync(() => _yard.ReadLog().EndsWith('\n'), "the engine has forked a child, which holds the lock too");
        _yard.Adopt(ProcessIdentity.TryRead(int.Parse(_yard.ReadLog(), CultureInfo.InvariantCulture))!);
        Assert.Null(FolderLock.FindUnnotedOwner(Data));

        EraseNote();

        Assert.Null(FolderLock.ReadOwner(Data));
        Assert.Equal(engine, FolderLock.FindUnnotedOwner(Data));
    }

    [Fact]
    public async Task FindUnnotedOwner_NobodyHoldsTheLock_IsNone()
    {
        Assert.Null(FolderLock.FindUnnotedOwner(Data));
        FolderLock.Take(Data).Dispose();

        // Has the file open in a session of its own, and no lock.
        var reader = _yard.Shell($"exec 9<'{Path.Combine(Data, ".lock")}'; echo open; exec sleep 600");
        await ProcessYard.UntilAsync(() => _yard.ReadLog().EndsWith('\n'), "the file is open");
        Assert.True(reader.IsAlive());

        Assert.Null(FolderLock.FindUnnotedOwner(Data));
        FolderLock.Take(Data).Dispose();
    }

    private void EraseNote() => Assert.Equal(0, Truncate(Path.Combine(Data, ".lock")));

    /// <summary>Not by the base class library, which would want a lock of its own on the file.</summary>
    private static int Truncate(string path)
    {
        using var process = System.Diagnostics.Process.Start("truncate", ["-s", "0", path]);
        process.WaitForExit();
        return process.ExitCode;
    }

    [Fact]
    public async Task Take_ByManyAtOnce_IsGrantedToOne()
    {
        var granted = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            try
            {
                return FolderLock.Take(Data);
            }
            catch (FolderLockedException)
            {
                return null;
            }
        }, TestContext.Current.CancellationToken)));

        var winner = Assert.Single(granted, folderLock => folderLock is not null);
        winner!.Dispose();
    }
}
