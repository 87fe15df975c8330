using System.Diagnostics;
using Larder.Host.Daemon;
using Larder.Model.Installation;

namespace Larder.Host.Tests.Daemon;

/// <summary>Homes that can be used, and homes that cannot.</summary>
public sealed class HomePreparationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ldr").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_prepared_home_is_closed_to_others_and_holds_no_leftovers()
    {
        var home = new LarderHome(Path.Combine(_folder, "home"));
        HomePreparation.Prepare(home);
        HomePreparation.Prepare(home);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(home.Root));
        Assert.Empty(Directory.GetFiles(home.Root));
    }

    [Fact]
    public async Task A_full_disk_is_told_as_such_and_nothing_is_left_on_it()
    {
        var disk = Path.Combine(_folder, "disk");
        Directory.CreateDirectory(disk);
        Assert.SkipUnless(Environment.UserName == "root", "A small file system can be mounted by root only.");
        Assert.SkipUnless(
            await RunAsync("mount", "-t", "tmpfs", "-o", "size=64k", "larder-test", disk) == 0,
            "This machine lets nobody mount a file system (a container without the right to).");
        try
        {
            var home = new LarderHome(Path.Combine(disk, "home"));
            HomePreparation.Prepare(home);
            Fill(Path.Combine(disk, "filler"));

            var problem = Assert.Throws<DaemonStartException>(() => HomePreparation.Prepare(home));

            Assert.Equal(2, problem.ExitCode);
            Assert.Equal("disk_full", problem.Code);
            Assert.Contains(home.Root, problem.Message, StringComparison.Ordinal);
            Assert.Contains("Free some space", problem.Message, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(home.Root));
        }
        finally
        {
            Assert.Equal(0, await RunAsync("umount", disk));
        }
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // Full: that is the aim.
        }
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }
}
