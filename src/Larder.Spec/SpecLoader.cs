using System.Text;
using Larder.Spec.Documents;
using Larder.Spec.Schema;

namespace Larder.Spec;

/// <summary>
/// Reads a spec: YAML 1.2 or JSON, held against <see cref="SpecSchema"/>, laid over its preset, defaults filled in. All mistakes are
/// reported at once. Nothing here throws for what a file may contain.
/// </summary>
public static class SpecLoader
{
    /// <summary>Reads a file. At most 256 KiB are taken.</summary>
    /// <param name="path">The file; its errors name it as it is given here. A name that ends in <c>.json</c> must hold JSON.</param>
    /// <returns>The spec or the mistakes; a file that cannot be read is a mistake too.</returns>
    public static SpecLoadResult Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var errors = new SpecErrors(path);
        var text = SpecFile.Read(path, errors);
        return text is null ? new SpecLoadResult(errors.ToImmutable()) : Parse(text, path);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="sourceName">What errors call it: a path, or <c>request</c>. Where it ends in <c>.json</c>, only JSON is taken.</param>
    /// <returns>The spec or the mistakes.</returns>
    public static SpecLoadResult Parse(string text, string sourceName)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(sourceName);
        var errors = new SpecErrors(sourceName);
        var root = ReadTree(text, sourceName, errors);
        if (root is null)
        {
            return new SpecLoadResult(errors.ToImmutable());
        }

        var complete = WithPreset(root);
        new SchemaEvaluator(SpecSchema.Root, errors).Evaluate(complete);
        return errors.IsEmpty ? new SpecLoadResult(SpecBinder.Bind((MappingNode)complete)) : new SpecLoadResult(errors.ToImmutable());
    }

    private static DocumentNode? ReadTree(string text, string sourceName, SpecErrors errors)
    {
        if (Encoding.UTF8.GetByteCount(text) is var size && size > DocumentLimits.Bytes)
        {
            errors.AddWhole(SpecErrorKind.Unreadable, SpecFile.TooLarge(size));
            return null;
        }

        try
        {
            var root = ReadAny(text, sourceName, errors);
            if (root is null)
            {
                errors.AddWhole(SpecErrorKind.Syntax, "is empty", "The smallest spec has two lines: name: NAME and preset: development.");
            }

            return root;
        }
        catch (DocumentException exception)
        {
            errors.Add(SpecErrorKind.Syntax, exception.Position, "", exception.Message, hint: exception.Hint);
            return null;
        }
    }

    private static DocumentNode? ReadAny(string text, string sourceName, SpecErrors errors)
    {
        if (sourceName.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            return JsonTreeReader.Read(text, errors);
        }

        // YAML takes most JSON, but neither tabs as indentation nor every escape; {name: dev} on the other hand is YAML alone.
        return text.AsSpan().TrimStart().StartsWith("{") && IsJson(text) ? JsonTreeReader.Read(text, errors) : YamlTreeReader.Read(text, errors);
    }

    private static bool IsJson(string text)
    {
        try
        {
            return JsonTreeReader.Read(text, new SpecErrors("")) is not null;
        }
        catch (DocumentException)
        {
            // Not an error: it is YAML then, and that reader reports what is wrong with it.
            return false;
        }
    }

    private static DocumentNode WithPreset(DocumentNode root)
    {
        if (root is not MappingNode mapping || mapping.Find("preset")?.Value is not { } preset)
        {
            return root;
        }

        // An unknown preset is one mistake; without values below, every field that it might have set would be reported too.
        var below = (preset is ScalarNode { Kind: ScalarKind.Text } word ? SpecPresets.Tree(word.Text) : null)
            ?? SpecPresets.Tree(SpecPresets.All[0].Name)!;
        return mapping.Over(below);
    }
}
