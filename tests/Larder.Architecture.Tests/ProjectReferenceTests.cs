using System.Xml.Linq;
using Xunit;

namespace Larder.Architecture.Tests;

/// <summary>The allowed dependencies between product projects. The picture in docs/architecture.md is this same list.</summary>
public sealed class ProjectReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Larder.Resp"] = [],
        ["Larder.Model"] = [],
        ["Larder.Spec"] = ["Larder.Model"],
        ["Larder.Security"] = ["Larder.Model"],
        ["Larder.Store"] = ["Larder.Model"],
        ["Larder.Store.Sqlite"] = ["Larder.Store"],
        ["Larder.Engines"] = ["Larder.Model", "Larder.Resp"],
        ["Larder.GarnetHost"] = [],
        ["Larder.Backup"] = ["Larder.Model", "Larder.Security"],
        ["Larder.Backup.Azure"] = ["Larder.Backup"],
        ["Larder.Controller"] = ["Larder.Model", "Larder.Store", "Larder.Engines", "Larder.Security", "Larder.Backup"],
        ["Larder.Gateway"] = ["Larder.Model", "Larder.Resp"],
        ["Larder.Management"] = ["Larder.Model", "Larder.Store", "Larder.Spec", "Larder.Security", "Larder.Backup"],
        ["Larder.Host"] = ["Larder.Backup.Azure", "Larder.Controller", "Larder.Gateway", "Larder.Management", "Larder.Store.Sqlite", "Larder.GarnetHost"],
    };

    public static TheoryData<string> Projects => [.. Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_is_drawn(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        Assert.True(Allowed.ContainsKey(name), $"{name} is not in the list: draw it in docs/architecture.md, then add it here.");
        var references = XDocument.Load(path).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.Empty(references.Except(Allowed[name]));
    }

    [Fact]
    public void Every_drawn_project_exists_and_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Root, "Larder.slnx"));
        foreach (var name in Allowed.Keys)
        {
            Assert.True(File.Exists(Path.Combine(Root, "src", name, name + ".csproj")), $"src/{name} does not exist.");
            Assert.Contains($"src/{name}/{name}.csproj", solution, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_project_is_in_the_picture()
    {
        var picture = File.ReadAllText(Path.Combine(Root, "docs", "architecture.md"));
        foreach (var name in Allowed.Keys)
        {
            Assert.Contains(name, picture, StringComparison.Ordinal);
        }
    }

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Larder.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The repository's root was not found above the test's folder.");
    }
}
