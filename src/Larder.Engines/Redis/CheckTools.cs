using Larder.Model.Engines;

namespace Larder.Engines.Redis;

/// <summary>
/// The check tools of Redis and Valkey. They are the server's own binary under another name: a link of that name is executed, so that the tool is
/// there wherever the server is, and of its version.
/// </summary>
public static class CheckTools
{
    /// <summary>How to check an RDB file.</summary>
    /// <param name="installation">The engine.</param>
    /// <param name="workFolder">A folder that the link is made in.</param>
    /// <param name="path">The file.</param>
    /// <returns>What to execute; it ends with 0 where the file passes.</returns>
    public static (string Executable, IReadOnlyList<string> Arguments) Snapshot(EngineInstallation installation, string workFolder, string path) =>
        Tool(installation, workFolder, "redis-check-rdb", [path]);

    /// <summary>How to check a log.</summary>
    /// <param name="installation">The engine.</param>
    /// <param name="workFolder">A folder that the link is made in.</param>
    /// <param name="path">The log's file, or its manifest.</param>
    /// <returns>What to execute; it ends with 0 where the log passes.</returns>
    public static (string Executable, IReadOnlyList<string> Arguments) Log(EngineInstallation installation, string workFolder, string path) =>
        Tool(installation, workFolder, "redis-check-aof", [path]);

    private static (string Executable, IReadOnlyList<string> Arguments) Tool(
        EngineInstallation installation, string workFolder, string name, IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(installation);
        if (installation.Family == Model.Specs.EngineFamily.Valkey)
        {
            name = name.Replace("redis", "valkey", StringComparison.Ordinal);
        }

        var link = Path.Combine(workFolder, name);
        var target = Path.GetFullPath(installation.ServerPath);
        Directory.CreateDirectory(workFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (new FileInfo(link).LinkTarget != target)
        {
            File.Delete(link);
            File.CreateSymbolicLink(link, target);
        }

        return installation.LeadingArguments.Count == 0
            ? (link, arguments)
            : (installation.Executable, [.. installation.LeadingArguments.Select(argument => argument == installation.ServerPath ? link : argument), .. arguments]);
    }
}
