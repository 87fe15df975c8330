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

    public async Task FillAsync()
    {
        await using var filler = File.Create(Filler);
        var block = new byte[64 << 10];
        try
        {
            while (true)
            {
                await filler.WriteAsync(block);
                await filler.FlushAsync();
            }
        }
        catch (IOException)
        {
            // Full, as wanted.
        }
    }

    public Task FreeAsync()
    {
        File.Delete(Filler);
        return Task.CompletedTask;
    }

    /// <summary>Cuts the power of everything on it: all processes end, and it comes back as its device was.</summary>
    public async Task CutAsync(Installation larder)
    {
        var cut = Path.Combine(_work, "cut");
        await RunAsync("cp", "--sparse=always", _image!, cut);
        await Data.AccidentTests.StopHardAsync(larder);
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
