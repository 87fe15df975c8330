using Larder.Security.Files;

namespace Larder.Security.Tests.Files;

/// <summary>Owner-only files: modes, replacement, what a crash leaves.</summary>
public sealed class OwnerOnlyFileTests : IDisposable
{
    private const UnixFileMode Everybody = (UnixFileMode)0x1ff;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_NewFile_HasMode0600_InFoldersOfMode0700()
    {
        var path = _folder.At("a", "b", "file");
        OwnerOnlyFile.Write(path, "content");

        Assert.Equal("content", File.ReadAllText(path));
        Assert.Equal(OwnerOnlyFile.PrivateMode, File.GetUnixFileMode(path));
        Assert.Equal(OwnerOnlyFile.PrivateFolderMode, File.GetUnixFileMode(_folder.At("a")));
        Assert.Equal(OwnerOnlyFile.PrivateFolderMode, File.GetUnixFileMode(_folder.At("a", "b")));
    }

    [Fact]
    public void Write_OverAnOpenFile_ReplacesContentAndMode()
    {
        var path = _folder.At("file");
        File.WriteAllText(path, "a longer old content");
        File.SetUnixFileMode(path, Everybody);

        OwnerOnlyFile.Write(path, "new");

        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal(OwnerOnlyFile.PrivateMode, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Write_AfterACrashLeftItsTemporaryFile_LeavesOnlyTheTarget()
    {
        var path = _folder.At("file");
        File.WriteAllText(path, "old");
        File.WriteAllText(OwnerOnlyFile.TemporaryPath(path), "half a new cont");
        File.SetUnixFileMode(OwnerOnlyFile.TemporaryPath(path), Everybody);

        OwnerOnlyFile.Write(path, "new");

        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Write_WhenTheTargetCannotBeReplaced_KeepsItAndLeavesNothingBehind()
    {
        var path = _folder.At("target");
        Directory.CreateDirectory(Path.Combine(path, "not empty"));

        Assert.ThrowsAny<Exception>(() => OwnerOnlyFile.Write(path, "new"));

        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void TryWriteNew_ExistingFile_KeepsItsContent()
    {
        var path = _folder.At("file");
        Assert.True(OwnerOnlyFile.TryWriteNew(path, "first"u8));
        Assert.False(OwnerOnlyFile.TryWriteNew(path, "second"u8));

        Assert.Equal("first", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Write_ByManyAtOnce_NeverShowsAPart()
    {
        var path = _folder.At("file");
        OwnerOnlyFile.Write(path, new string('0', 5000));
        var writers = Enumerable.Range(1, 4).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < 20; i++)
            {
                OwnerOnlyFile.Write(path, new string((char)('0' + writer), 5000));
            }
        }, TestContext.Current.CancellationToken)).ToArray();
        var all = Task.WhenAll(writers);
        do
        {
            var seen = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(5000, seen.Length);
            Assert.Single(seen.Distinct());
        }
        while (!all.IsCompleted);
        await all;
    }

    [Theory]
    [InlineData(0x180, true)]  // 0600
    [InlineData(0x100, true)]  // 0400
    [InlineData(0x1a0, false)] // 0640
    [InlineData(0x184, false)] // 0604
    [InlineData(0x190, false)] // 0620
    public void RequireOwnerOnly_File_AcceptsOnlyClosedModes(int mode, bool accepted)
    {
        var path = _folder.At("file");
        File.WriteAllText(path, "x");
        File.SetUnixFileMode(path, (UnixFileMode)mode);

        var refusal = Record.Exception(() => OwnerOnlyFile.RequireOwnerOnly(path));

        if (accepted)
        {
            Assert.Null(refusal);
        }
        else
        {
            var exception = Assert.IsType<SecretFileException>(refusal);
            Assert.Equal(path, exception.Path);
            Assert.Contains($"chmod 600 '{path}'", exception.Message, StringComparison.Ordinal);
            Assert.Contains("0" + Convert.ToString(mode, 8), exception.Message, StringComparison.Ordinal);
        }
    }
}
