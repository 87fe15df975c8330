using System.Diagnostics;
using Larder.Host.Client;

namespace Larder.Host.Tests.Client;

/// <summary>Starting a daemon in the background, with scripts in its place.</summary>
public sealed class DaemonStarterTests : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_handshake_is_heard_and_the_process_lives_on_with_its_errors_in_the_log()
    {
        // The inner shell reads no file, so the handshake comes from a process that has no descriptor of its own besides the three.
        var program = _home.WriteProgram("daemon", """
            #!/bin/sh
            exec /bin/sh -c 'echo "started with $*" >&2; echo "{\"ready\":true,\"pid\":$$}"; exec sleep 600' daemon "$@"
            """);
        var handshake = await Starter(program).StartAsync(TestContext.Current.CancellationToken);
        using var daemon = Process.GetProcessById(handshake.Pid!.Value);
        try
        {
            Assert.False(daemon.HasExited);
            Assert.Equal($"started with serve --home {_home.Root} --background\n", await File.ReadAllTextAsync(_home.Home.DaemonLog, TestContext.Current.CancellationToken));
            Assert.Equal(_home.Root, new FileInfo($"/proc/{daemon.Id}/cwd").LinkTarget);
            Assert.Equal("/dev/null", new FileInfo($"/proc/{daemon.Id}/fd/0").LinkTarget);
            Assert.Equal(_home.Home.DaemonLog, new FileInfo($"/proc/{daemon.Id}/fd/2").LinkTarget);
            Assert.Equal(3, Directory.GetFileSystemEntries($"/proc/{daemon.Id}/fd").Length);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_home.Home.DaemonLog));
        }
        finally
        {
            daemon.Kill();
            await daemon.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_failed_start_is_what_the_daemon_said()
    {
        var program = _home.WriteProgram("daemon", """
            #!/bin/sh
            echo '{"ready":false,"exitCode":2,"error":{"code":"x","message":"No.","details":[]}}'
            exit 2
            """);
        var handshake = await Starter(program).StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal((false, 2), (handshake.Ready, handshake.ExitCode));
    }

    [Fact]
    public async Task A_daemon_that_ends_silently_is_reported_with_exit_code_and_new_log_lines()
    {
        _home.Write("logs/larder.log", "an old line\n");
        var program = _home.WriteProgram("daemon", "#!/bin/sh\necho first >&2\necho second >&2\nexit 134\n");
        var failure = await Assert.ThrowsAsync<DaemonStartFailedException>(() => Starter(program).StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("ended with exit code 134 before it was ready", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["first", "second"], failure.LogLines);
    }

    [Fact]
    public async Task A_daemon_that_is_not_ready_in_time_is_ended()
    {
        var program = _home.WriteProgram("daemon", $"#!/bin/sh\necho $$ > {_home.Root}/pid\nexec sleep 600\n");
        var failure = await Assert.ThrowsAsync<DaemonStartFailedException>(
            () => Starter(program, TimeSpan.FromSeconds(1)).StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("not ready within 1 s and was ended again", failure.Message, StringComparison.Ordinal);
        var pid = (await File.ReadAllTextAsync(Path.Combine(_home.Root, "pid"), TestContext.Current.CancellationToken)).Trim();
        using var process = DaemonProcess.TryOpen(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(process is null || await process.WaitForEndAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Anything_but_a_handshake_is_reported_and_the_process_ended()
    {
        var program = _home.WriteProgram("daemon", "#!/bin/sh\necho hello\nexec sleep 600\n");
        var failure = await Assert.ThrowsAsync<DaemonStartFailedException>(() => Starter(program).StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("said 'hello' instead", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_cannot_be_run_is_reported_with_the_shells_words()
    {
        var failure = await Assert.ThrowsAsync<DaemonStartFailedException>(
            () => Starter(Path.Combine(_home.Root, "missing")).StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains(failure.LogLines, line => line.Contains("missing", StringComparison.Ordinal));
    }

    [Fact]
    public void The_lock_has_one_holder()
    {
        using (var mine = StartLock.TryTake(_home.Home))
        {
            Assert.NotNull(mine);
            Assert.Null(StartLock.TryTake(_home.Home));
        }

        using var next = StartLock.TryTake(_home.Home);
        Assert.NotNull(next);
    }

    private DaemonStarter Starter(string program, TimeSpan? timeout = null) =>
        new(_home.Home, [program], timeout ?? TimeSpan.FromSeconds(20), TimeProvider.System);
}
