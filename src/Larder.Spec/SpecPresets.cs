using System.Collections.Immutable;
using Larder.Spec.Documents;

namespace Larder.Spec;

/// <summary>The presets. They are data: a file below <c>Presets</c> and a word in the schema.</summary>
public static class SpecPresets
{
    private static readonly ImmutableDictionary<string, MappingNode> Trees;

    static SpecPresets()
    {
        All = [.. new[] { "development", "production" }.Select(name => new SpecPreset(name, EmbeddedText.Read($"presets/{name}.yaml")))];
        Trees = All.ToImmutableDictionary(preset => preset.Name, preset => ReadTree(preset), StringComparer.Ordinal);
    }

    /// <summary>All presets, smallest first.</summary>
    public static ImmutableArray<SpecPreset> All { get; }

    /// <summary>A preset's values.</summary>
    /// <param name="name">Its name, with case.</param>
    /// <returns>The tree, or <c>null</c> where there is no such preset.</returns>
    internal static MappingNode? Tree(string name) => Trees.GetValueOrDefault(name);

    private static MappingNode ReadTree(SpecPreset preset)
    {
        var errors = new SpecErrors(preset.Name);
        return YamlTreeReader.Read(preset.Text, errors) is MappingNode tree && errors.IsEmpty
            ? tree
            : throw new InvalidOperationException($"The preset {preset.Name} of this assembly is not a mapping.");
    }
}
