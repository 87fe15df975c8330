using System.Globalization;
using Larder.Chaos.Running;

namespace Larder.Chaos;

/// <summary>Options from the environment.</summary>
internal static class ProgramOptions
{
    /// <summary>The program that is put to the test.</summary>
    public static string Larder => Text("LARDER", "") is { Length: > 0 } path ? path : RepositoryRoot.Program;

    public static string Text(string name, string otherwise) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : otherwise;

    public static int Number(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
