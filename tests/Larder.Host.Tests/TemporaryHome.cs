using Larder.Model.Installation;

namespace Larder.Host.Tests;

/// <summary>A home of a test's own, with the folders that a daemon would have made; removed at the end.</summary>
internal sealed class TemporaryHome : IDisposable
{
    public TemporaryHome()
    {
        // Short: a unix socket's path has 107 bytes.
        Home = new LarderHome(Directory.CreateTempSubdirectory("ldr").FullName);
        Directory.CreateDirectory(Home.RuntimeFolder);
        Directory.CreateDirectory(Path.GetDirectoryName(Home.DaemonLog)!);
    }

    public LarderHome Home { get; }

    public string Root => Home.Root;

    public string Write(string name, string text)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public string WriteProgram(string name, string text)
    {
        var path = Write(name, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
