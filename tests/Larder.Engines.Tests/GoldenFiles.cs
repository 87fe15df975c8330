using System.Runtime.CompilerServices;

namespace Larder.Engines.Tests;

/// <summary>Texts that were once read and found right. With LARDER_ACCEPT_GOLDEN=1 a run writes them anew, to be read in the difference.</summary>
internal static class GoldenFiles
{
    public static void Matches(string name, string actual)
    {
        if (Environment.GetEnvironmentVariable("LARDER_ACCEPT_GOLDEN") == "1")
        {
            File.WriteAllText(Path.Combine(SourceFolder(), "Golden", name), actual);
            return;
        }

        var path = Path.Combine(AppContext.BaseDirectory, "Golden", name);
        Assert.True(File.Exists(path), $"There is no golden file '{name}'; run with LARDER_ACCEPT_GOLDEN=1 and read what it writes.");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    private static string SourceFolder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
}
