namespace Larder.Chaos.Running;

/// <summary>Finds the repository that this program was built in.</summary>
public static class RepositoryRoot
{
    /// <summary>The program as the solution's build leaves it.</summary>
    public static string Program => Path.Combine(Find(), "src", "Larder.Host", "bin", "Release", "net10.0", "larder");

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Larder.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The repository's root was not found above the program's folder.");
    }
}
