using System.Diagnostics;
using Xunit;

namespace Larder.Store.Tests;

/// <summary>A file system of a few hundred kilobytes that a test can fill; unmounted when it is disposed. Only root can mount one.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string path) => Path = path;

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Mounts an empty one; skips the test where this user cannot.</summary>
    public static async Task<SmallDisk> MountAsync(string path, CancellationToken cancellationToken, bool readOnly = false)
    {
        if (Environment.UserName != "root")
        {
            Assert.Skip("A small file system can be mounted by root only.");
        }

        Directory.CreateDirectory(path);
        if (await RunAsync(["mount", "-t", "tmpfs", "-o", readOnly ? "ro,size=600k" : "size=600k", "larder-test", path], cancellationToken) != 0)
        {
            Assert.Skip("This machine lets nobody mount a file system (a container without the right to).");
        }

        return new SmallDisk(path);
    }

    /// <summary>Leaves no free byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // Full: that is the aim. Pages that files already have can still be written to, new ones cannot.
        }
    }

    /// <summary>Makes room again.</summary>
    public void Free() => File.Delete(Filler);

    public async ValueTask DisposeAsync() => await RunAsync(["umount", Path], CancellationToken.None);

    private static async Task<int> RunAsync(string[] command, CancellationToken cancellationToken)
    {
        using var process = Process.Start(command[0], command[1..]);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }
}
