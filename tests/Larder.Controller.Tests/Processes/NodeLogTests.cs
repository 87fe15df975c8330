using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Larder.Controller.Processes;

namespace Larder.Controller.Tests.Processes;

/// <summary>Rotation of a log under its writer's feet, and reading its end.</summary>
public sealed partial class NodeLogTests : IAsyncDisposable
{
    private readonly ProcessYard _yard = new();

    private string Log => _yard.LogFile;

    public ValueTask DisposeAsync() => _yard.DisposeAsync();

    [Fact]
    public void RotateIfNeeded_NoLogOrSmallLog_DoesNothing()
    {
        var log = new NodeLog(Log, 100, 2);
        Assert.False(log.RotateIfNeeded());
        File.WriteAllText(Log, new string('x', 100));
        Assert.False(log.RotateIfNeeded());
        Assert.Equal([Log], Directory.GetFiles(_yard.Folder));
    }

    [Theory]
    [InlineData(true, 3 * 4096)]
    [InlineData(true, (3 * 4096) + 1)]
    [InlineData(true, 10)]
    [InlineData(false, 3 * 4096)]
    [InlineData(false, 500_000)]
    public void Rotate_AnySize_KeepsEveryByteInOrder(bool canCollapse, int size)
    {
        var content = new byte[size];
        new Random(size).NextBytes(content);
        File.WriteAllBytes(Log, content);

        new NodeLog(Log, 0, 2).Rotate(canCollapse);

        byte[] after = [.. File.ReadAllBytes(NodeLog.RotatedPath(Log, 1)), .. File.ReadAllBytes(Log)];
        Assert.Equal(content, after);
        Assert.InRange(new FileInfo(Log).Length, 0, 4096);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(NodeLog.RotatedPath(Log, 1)));
    }

    [Fact]
    public void Rotate_Often_KeepsTheNewestFilesOnly()
    {
        var log = new NodeLog(Log, 0, 2);
        foreach (var content in new[] { "a", "b", "c" })
        {
            File.WriteAllText(Log, content);
            Assert.True(log.RotateIfNeeded());
        }

        Assert.Equal("c", File.ReadAllText(NodeLog.RotatedPath(Log, 1)));
        Assert.Equal("b", File.ReadAllText(NodeLog.RotatedPath(Log, 2)));
        Assert.Equal(3, Directory.GetFiles(_yard.Folder).Length);
    }

    [Fact]
    public void Rotate_AfterACrashLeftHalfACopy_ReplacesIt()
    {
        File.WriteAllText(Log, "content");
        File.WriteAllText(Log + ".rotating", "half of somethi");

        new NodeLog(Log, 0, 2).Rotate(canCollapse: true);

        Assert.Equal("content", File.ReadAllText(NodeLog.RotatedPath(Log, 1)));
        Assert.False(File.Exists(Log + ".rotating"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rotate_WhileTheProcessWrites_LosesNothingWhereBlocksCanBeRemoved(bool canCollapse)
    {
        const int least = 60_000;
        const int rotationsWanted = 3;
        var lossless = canCollapse && FileSystemCanCollapse();
        var (enough, total) = (Path.Combine(_yard.Folder, "enough"), Path.Combine(_yard.Folder, "total"));
        // Writes on until it has been rotated often enough, however slow this machine is just now.
        var writer = _yard.Shell(
            $"i=0; while [ $i -lt {least} ] || [ ! -e '{enough}' ]; do echo \"line $i\"; i=$((i+1)); done; echo $i > '{total}'");
        var log = new NodeLog(Log, 0, 1_000);
        var ended = _yard.ExitOf(writer);
        var rotations = 0;
        while (!ended.IsCompleted)
        {
            await ProcessYard.UntilAsync(() => ended.IsCompleted || new FileInfo(Log).Length > 20_000, "the log has grown");
            log.Rotate(canCollapse);
            if (++rotations == rotationsWanted)
            {
                await File.WriteAllTextAsync(enough, "", TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(0, (await ended).Code);
        var lines = int.Parse(await File.ReadAllTextAsync(total, TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
        var text = string.Concat(Enumerable.Range(1, rotations).Reverse().Select(age => File.ReadAllText(NodeLog.RotatedPath(Log, age))))
            + File.ReadAllText(Log);
        if (lossless)
        {
            Assert.Equal(string.Concat(Enumerable.Range(0, lines).Select(i => $"line {i}\n")), text);
            return;
        }

        // What was lost lay between two system calls, so how much depends on when the scheduler interrupts this thread; the order stays.
        // A line that was being written across a page's boundary may have lost a part.
        var numbers = ProcessYard.SplitLines(text).Where(line => WholeLine().IsMatch(line))
            .Select(line => int.Parse(line["line ".Length..], CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(numbers.Order().Distinct(), numbers);
        Assert.InRange(numbers.Count, lines / 2, lines);
    }

    [Fact]
    public void Constructor_KeepingNone_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new NodeLog(Log, 1, 0));

    [Fact]
    public void Tail_OfNothing_IsEmpty()
    {
        Assert.Empty(LogTail.Read(Log, 5));
        File.WriteAllText(Log, "");
        Assert.Empty(LogTail.Read(Log, 5));
    }

    [Fact]
    public void Tail_OfSeveralLines_IsTheLastOnes()
    {
        File.WriteAllText(Log, "one\ntwo\r\n\nfour");

        Assert.Equal(["two", "", "four"], LogTail.Read(Log, 3));
        Assert.Equal(["one", "two", "", "four"], LogTail.Read(Log, 30));
    }

    [Fact]
    public void Tail_OfAHugeLog_HasWholeLinesOnly()
    {
        File.WriteAllText(Log, string.Concat(Enumerable.Range(0, 100_000).Select(i => $"line {i:D6}\n")));

        var tail = LogTail.Read(Log, 1_000_000);

        Assert.Equal(64 * 1024 / 12, tail.Count);
        Assert.All(tail, line => Assert.Matches("^line [0-9]{6}$", line));
        Assert.Equal("line 099999", tail[^1]);
    }

    [Fact]
    public void Tail_OfHostileBytes_HasNoControlCharacters()
    {
        File.WriteAllBytes(Log, [.. "bad \x1b[31mred\x07 \t"u8, 0xff, 0xfe, .. "\n"u8]);

        var line = Assert.Single(LogTail.Read(Log, 5));

        Assert.DoesNotContain(line, character => char.IsControl(character) && character != '\t');
        Assert.StartsWith("bad \uFFFD[31mred\uFFFD \t", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Tail_BeforeAndAfterARotation_IsTheSame() =>
        Gen.Select(Gen.Char["ab \n"].Array[1, 12_000], Gen.Int[1, 50], Gen.Bool).Sample((characters, lines, canCollapse) =>
        {
            File.WriteAllText(Log, new string(characters));
            File.Delete(NodeLog.RotatedPath(Log, 1));
            var before = LogTail.Read(Log, lines);
            new NodeLog(Log, 0, 1).Rotate(canCollapse);
            Assert.Equal(before, LogTail.Read(Log, lines));
        }, iter: 200, threads: 1);

    [GeneratedRegex("^line [0-9]{1,5}$")]
    private static partial Regex WholeLine();

    private bool FileSystemCanCollapse()
    {
        var path = Path.Combine(_yard.Folder, "probe");
        File.WriteAllText(path, new string('x', 10_000), Encoding.ASCII);
        using var probe = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        return LinuxCalls.Allocate(probe, LinuxCalls.CollapseRange, 0, 4096) == 0;
    }
}
