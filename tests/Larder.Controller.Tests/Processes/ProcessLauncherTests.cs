using System.Globalization;
using System.Runtime.InteropServices;
using Larder.Controller.Processes;

namespace Larder.Controller.Tests.Processes;

/// <summary>What a launched process gets from its launcher, and what it does not.</summary>
public sealed class ProcessLauncherTests : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly ProcessYard _yard = new();

    public ValueTask DisposeAsync() => _yard.DisposeAsync();

    [Fact]
    public void Start_Process_IsOurChildInASessionOfItsOwn()
    {
        var identity = _yard.Shell("exec sleep 600");

        var stat = ProcessStat.TryRead(identity.Pid);
        Assert.NotNull(stat);
        Assert.Equal(Environment.ProcessId, stat.ParentPid);
        Assert.Equal(identity.Pid, stat.SessionId);
        Assert.True(identity.IsAlive());
    }

    [Fact]
    public async Task Start_InheritsNoDescriptorButTheThree()
    {
        using var leak = OpenInheritableDescriptor();

        Assert.Equal(["0", "1", "2"], ProcessYard.SplitLines(await _yard.OutputOf("ls /proc/$$/fd; true")));
    }

    [Fact]
    public async Task Start_WithALock_InheritsItAsTheFourth()
    {
        using var leak = OpenInheritableDescriptor();
        var folder = Path.Combine(_yard.Folder, "data");
        using var folderLock = FolderLock.Take(folder);

        await _yard.ExitOf(_yard.Shell("ls /proc/$$/fd; readlink /proc/$$/fd/3; true", folderLock));

        Assert.Equal(["0", "1", "2", "3", Path.Combine(folder, ".lock")], ProcessYard.SplitLines(_yard.ReadLog()));
    }

    [Fact]
    public async Task Start_ResetsSignals_ThoughThisRuntimeIgnoresSome()
    {
        Assert.NotEqual(0UL, MaskIn(await File.ReadAllTextAsync("/proc/self/status", TestContext.Current.CancellationToken), "SigIgn"));

        var status = await _yard.OutputOf("cat /proc/self/status");

        // 32 and 33 are the C library's own: its posix_spawn always leaves them ignored, and the started program's library sets them as it needs.
        const ulong LibraryOwn = (1UL << 31) | (1UL << 32);
        Assert.Equal(0UL, MaskIn(status, "SigIgn") & ~LibraryOwn);
        Assert.Equal(0UL, MaskIn(status, "SigBlk"));
    }

    [Fact]
    public async Task Start_HandsOverArgumentsEnvironmentAndFolder()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_yard.Folder, "a folder")).FullName;
        var identity = _yard.Start(new LaunchRequest
        {
            Executable = "/bin/sh",
            Arguments = ["-c", "printf '%s\\n' \"$@\" \"$GREETING\" \"$PATH\"; pwd", "sh", "two words", "", "ünï", "$HOME"],
            Environment = new Dictionary<string, string> { ["GREETING"] = "hello = there" },
            WorkingDirectory = folder,
            LogFile = _yard.LogFile,
        });
        await _yard.ExitOf(identity);

        Assert.Equal(["two words", "", "ünï", "$HOME", "hello = there", Environment.GetEnvironmentVariable("PATH")!, folder, ""],
            _yard.ReadLog().Split('\n'));
    }

    [Fact]
    public async Task Start_GivesNoInput() => Assert.Equal("end", (await _yard.OutputOf("cat; echo end")).Trim());

    [Fact]
    public async Task Start_AppendsOutputAndErrorsToAnOwnerOnlyLog()
    {
        await File.WriteAllTextAsync(_yard.LogFile, "before\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(_yard.LogFile, OwnerOnly | UnixFileMode.OtherRead);

        await _yard.OutputOf("echo one; echo two >&2");
        var log = await _yard.OutputOf("echo three");

        Assert.Equal("before\none\ntwo\nthree\n", log);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(_yard.LogFile));
    }

    [Fact]
    public void Start_LogInAMissingFolder_CreatesItForTheOwnerAlone()
    {
        var folder = Path.Combine(_yard.Folder, "logs", "orders");
        _yard.Start(new LaunchRequest { Executable = "/bin/true", WorkingDirectory = _yard.Folder, LogFile = Path.Combine(folder, "0.log") });

        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(folder, "0.log")));
    }

    [Fact]
    public void Start_MissingProgram_SaysSo()
    {
        var exception = Fails("/no/such/program");

        Assert.Equal(2, exception.Error);
        Assert.Contains("'/no/such/program': No such file or directory", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_ProgramThatIsNotExecutable_SaysHowToMendIt()
    {
        var program = Path.Combine(_yard.Folder, "program");
        File.WriteAllText(program, "#!/bin/sh\n");

        var exception = Fails(program);

        Assert.Equal(13, exception.Error);
        Assert.Contains($"Permission denied. Run: chmod +x '{program}'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no program at all", "Exec format error")]
    [InlineData("#!/no/such/interpreter\n", "No such file or directory")]
    public void Start_ProgramThisMachineCannotRun_SaysSo(string content, string error)
    {
        var program = Path.Combine(_yard.Folder, "program");
        File.WriteAllText(program, content);
        File.SetUnixFileMode(program, OwnerOnly | UnixFileMode.UserExecute);

        var exception = Fails(program);

        Assert.Contains(error, exception.Message, StringComparison.Ordinal);
        Assert.Contains("built for this machine", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_MissingWorkingDirectory_NamesIt()
    {
        var exception = Assert.Throws<ProcessLaunchException>(() => ProcessLauncher.Start(new LaunchRequest
        {
            Executable = "/bin/true",
            WorkingDirectory = "/no/such/folder",
            LogFile = _yard.LogFile,
        }));

        Assert.Contains("'/no/such/folder' does not exist", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_NullCharacterInAnArgument_IsRefused() => Assert.Throws<ArgumentException>(() => _yard.Shell("true", null, "a\0b"));

    [Fact]
    public void Start_ThatFails_LeavesTheLockWithTheCaller()
    {
        var folder = Path.Combine(_yard.Folder, "data");
        using (var folderLock = FolderLock.Take(folder))
        {
            Fails("/no/such/program", folderLock);
            Assert.Throws<FolderLockedException>(() => FolderLock.Take(folder));
        }

        FolderLock.Take(folder).Dispose();
    }

    [Fact]
    public async Task Start_ThatFailsOften_LeaksNoDescriptor()
    {
        await _yard.OutputOf("true");
        int CountOurs() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(entry =>
            new FileInfo(entry).LinkTarget?.StartsWith(_yard.Folder, StringComparison.Ordinal) == true);

        for (var i = 0; i < 50; i++)
        {
            Fails("/no/such/program");
        }

        Assert.Equal(0, CountOurs());
    }

    private static ulong MaskIn(string status, string field) => ulong.Parse(
        ProcessYard.SplitLines(status).Single(line => line.StartsWith(field, StringComparison.Ordinal))[(field.Length + 1)..],
        NumberStyles.HexNumber | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);

    private static DescriptorHandle OpenInheritableDescriptor() =>
        DescriptorHandle.Own(LinuxCalls.Open("/dev/null", LinuxCalls.OpenWriteOnly, 0), error => Marshal.GetLastPInvokeError() + error);

    private ProcessLaunchException Fails(string program, FolderLock? folderLock = null) =>
        Assert.Throws<ProcessLaunchException>(() => ProcessLauncher.Start(new LaunchRequest
        {
            Executable = program,
            WorkingDirectory = _yard.Folder,
            LogFile = _yard.LogFile,
            Lock = folderLock,
        }));
}
