using System.Diagnostics;
using System.Globalization;
using Larder.Controller.Processes;

namespace Larder.Controller.Tests.Processes;

/// <summary>A test's own folder and processes: kills and reaps what the test started, then removes the folder.</summary>
internal sealed class ProcessYard : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private readonly List<ProcessIdentity> _started = [];

    public string Folder { get; } = Directory.CreateTempSubdirectory("larder-processes-").FullName;

    public ProcessExitWatcher Watcher { get; } = new();

    public string LogFile => Path.Combine(Folder, "node.log");

    public static string[] SplitLines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Waits for what no event announces; fails with what was expected when it does not come.</summary>
    public static async Task UntilAsync(Func<bool> condition, string expected)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < Bound, $"Not within {Bound.TotalSeconds} s: {expected}.");
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }
    }

    public ProcessIdentity Shell(string script, FolderLock? folderLock = null, params string[] arguments) => Start(new LaunchRequest
    {
        Executable = "/bin/sh",
        Arguments = ["-c", script, "sh", .. arguments],
        WorkingDirectory = Folder,
        LogFile = LogFile,
        Lock = folderLock,
    });

    public ProcessIdentity Start(LaunchRequest request)
    {
        var identity = ProcessLauncher.Start(request);
        _started.Add(identity);
        return identity;
    }

    /// <summary>Starts a shell whose child outlives it and so becomes no child of this process.</summary>
    public async Task<ProcessIdentity> StartOrphanAsync()
    {
        var parent = Shell("sleep 600 & echo $!");
        Assert.Equal(new ProcessExit(0, null), await ExitOf(parent));
        var orphan = ProcessIdentity.TryRead(int.Parse(SplitLines(ReadLog())[^1], CultureInfo.InvariantCulture));
        Assert.NotNull(orphan);
        _started.Add(orphan);
        return orphan;
    }

    public Task<ProcessExit> ExitOf(ProcessIdentity identity) =>
        Watcher.WatchAsync(identity).WaitAsync(Bound, TestContext.Current.CancellationToken);

    public async Task<string> OutputOf(string script, params string[] arguments)
    {
        var exit = await ExitOf(Shell(script, null, arguments));
        Assert.Equal(new ProcessExit(0, null), exit);
        return ReadLog();
    }

    public string ReadLog() => File.ReadAllText(LogFile);

    /// <summary>Has the disposal end a process that a started one has started.</summary>
    public void Adopt(ProcessIdentity identity) => _started.Add(identity);

    public async ValueTask DisposeAsync()
    {
        foreach (var identity in _started.Where(identity => identity.Signal(ProcessSignal.Kill)))
        {
            await Watcher.WatchAsync(identity);
        }

        Watcher.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
