using Xunit;

namespace Larder.EndToEnd.Tests.Harness;

/// <summary>
/// A small file system of its own, which can be filled, or whose power can be cut: a copy of its device at that moment has what was flushed to it, and
/// not what the kernel still had in memory. Needs root.
/// </summary>
internal sealed class Disk : IAsyncDisposable
{
    private readonly string _work;
    private readonly string? _image;

    private Disk(string work, string? image) => (_work, _image) = (work, image);

    public string Folder => Path.Combine(_work, "disk");

    private string Filler => Path.Combine(Folder, "filler");

    public static async Task<Disk> MountAsync(int megabytes, bool crash)
    {
        var disk = new Disk(Directory.CreateTempSubdirectory("larder-disk-").FullName, null);
        Directory.CreateDirectory(disk.Folder);
        if (!crash)
        {
            await RunAsync("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", disk.Folder);
            return disk;
        }

        var image = Path.Combine(disk._work, "image");
        await RunAsync("truncate", "-s", $"{megabytes}M", image);
        await RunAsync("mkfs.ext4", "-q", "-F", image);
        await RunAsync("mount", "-o", "loop", image, disk.Folder);
        return new Disk(disk._work, image);
    }

    /// <summary>Fills it to the last page.</summary>
    public async Task FillAsync()
    {
        await using var filler = new FileStream(Filler, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 });
        foreach (var size in new[] { 64 << 10, 4 << 10 })
        {
            var block = new byte[size];
            try
            {
                while (true)
                {
                    await filler.WriteAsync(block);
                }
            }
            catch (IOException)
            {
                // Full for blocks of this size, as wanted.
            }
        }
    }

    public void Free() => File.Delete(Filler);

    /// <summary>Lets nobody, not even root, make, rename or remove files in folders, or lets them again. Files that are open can be written still.</summary>
    public static Task FreezeAsync(bool frozen, IEnumerable<string> folders) => RunAsync("chattr", [frozen ? "+i" : "-i", .. folders]);

    /// <summary>
    /// Cuts the power of everything on it: all processes stand still at once, the device is copied as it is, they end, and the copy is mounted in its
    /// place. What they had written and not flushed is in the kernel's memory of the file system, and not on the device, unless the kernel wrote it back.
    /// </summary>
    public async Task CutAsync(Installation larder)
    {
        var cut = Path.Combine(_work, "cut");
        await RunAsync("kill", ["-STOP", .. Installation.ProcessesOf(larder.Home).Select(line => line.Split(':')[0])]);
        await RunAsync("cp", "--sparse=always", _image!, cut);
        await larder.StopHardAsync();
        await RunAsync("umount", Folder);
        await RunAsync("mount", "-o", "loop", cut, Folder);
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("umount", Folder);
        Directory.Delete(_work, recursive: true);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        var result = await Command.RunAsync(program, arguments);
        Assert.True(result.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {result.Error}");
    }
}
