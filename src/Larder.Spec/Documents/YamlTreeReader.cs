using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Larder.Spec.Documents;

/// <summary>
/// Reads a YAML 1.2 text into a tree. Types are those of the core schema (<c>yes</c> is a text, <c>0x10</c> a number). Anchors, aliases
/// and tags are refused: a spec needs none, and an alias is how a small file grows large. Events are taken one at a time, so a text that
/// is too deep or has an alias is refused where that stands, whatever follows.
/// </summary>
internal sealed class YamlTreeReader
{
    private readonly Parser _parser;
    private readonly SpecErrors _errors;

    private YamlTreeReader(string text, SpecErrors errors)
    {
        _parser = new Parser(new StringReader(text));
        _errors = errors;
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="errors">Takes errors that do not end the reading (a field given twice).</param>
    /// <returns>The tree; <c>null</c> for a text without a value (empty, or comments only).</returns>
    /// <exception cref="DocumentException">The text is not YAML, or not of the part that specs use.</exception>
    public static DocumentNode? Read(string text, SpecErrors errors)
    {
        var reader = new YamlTreeReader(text, errors);
        try
        {
            return reader.ReadStream();
        }
        catch (YamlException exception)
        {
            throw Broken(text, At(exception.Start), (int)exception.End.Line, exception.Message);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            // The parser's way of saying that it did not expect this either; the last thing it understood is the nearest place known.
            var last = reader._parser.Current is { } item ? At(item.End) : new SourcePosition(1, 1);
            throw Broken(text, last, last.Line, "Something here, or shortly after, does not belong");
        }
    }

    private static DocumentException Broken(string text, SourcePosition start, int lastLine, string message)
    {
        // A tab as indentation is the usual reason, and is seldom reported where it stands.
        var lines = text.Split('\n');
        for (var line = start.Line; line <= Math.Min(lastLine + 1, lines.Length); line++)
        {
            var indentation = lines[line - 1].TakeWhile(char.IsWhiteSpace).ToList();
            if (indentation.IndexOf('\t') is var tab and >= 0)
            {
                return new DocumentException(
                    new SourcePosition(line, tab + 1), "not valid YAML: a tab as indentation", "Indent with spaces; YAML forbids tabs there.");
            }
        }

        return new DocumentException(start, $"not valid YAML: {Printable.OfMessage(message).TrimEnd('.')}");
    }

    private static SourcePosition At(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private DocumentNode? ReadStream()
    {
        Next();
        if (Next() is StreamEnd)
        {
            return null;
        }

        var root = ReadNode(Next(), "", depth: 1);
        Next();
        if (Next() is DocumentStart second)
        {
            throw new DocumentException(
                At(second.Start), "a second document starts here", "A file describes one cache: put the other into a file of its own.");
        }

        return root is ScalarNode { Kind: ScalarKind.Null, Text: "" } ? null : root;
    }

    private DocumentNode ReadNode(ParsingEvent item, string path, int depth)
    {
        if (item is AnchorAlias alias)
        {
            throw new DocumentException(At(alias.Start), $"the alias *{Printable.Of(alias.Value.Value)} is not allowed", "Write the value out.");
        }

        if (item is NodeEvent { Anchor.IsEmpty: false } anchored)
        {
            throw new DocumentException(
                At(anchored.Start), $"the anchor &{Printable.Of(anchored.Anchor.Value)} is not allowed", "Write each value out where it is used.");
        }

        if (item is NodeEvent { Tag.IsEmpty: false } tagged)
        {
            throw new DocumentException(
                At(tagged.Start), $"the tag {Printable.Of(tagged.Tag.ToString())} is not allowed", "Leave it out; put a text that looks like a number in quotes.");
        }

        if (item is MappingStart or SequenceStart && depth > DocumentLimits.Depth)
        {
            throw new DocumentException(
                At(item.Start), $"more than {DocumentLimits.Depth} levels", "A spec has three or four levels.");
        }

        return item switch
        {
            MappingStart => ReadMapping(item, path, depth),
            SequenceStart => ReadSequence(item, path, depth),
            Scalar scalar => ReadScalar(scalar),
            _ => throw new DocumentException(At(item.Start), "a value is missing here"),
        };
    }

    private MappingNode ReadMapping(ParsingEvent start, string path, int depth)
    {
        var entries = ImmutableArray.CreateBuilder<MappingEntry>();
        var seen = new Dictionary<string, SourcePosition>(StringComparer.Ordinal);
        for (var item = Next(); item is not MappingEnd; item = Next())
        {
            // Before it is read: a name that is a mapping whose name is a mapping ... would otherwise go down without a limit.
            if (item is not (Scalar or AnchorAlias))
            {
                throw new DocumentException(At(item.Start), "a field's name must be a plain text");
            }

            var key = (ScalarNode)ReadNode(item, path, depth);
            var field = path.Length == 0 ? key.Text : $"{path}.{key.Text}";
            var value = ReadNode(Next(), field, depth + 1);
            if (seen.TryAdd(key.Text, key.Position))
            {
                entries.Add(new MappingEntry(key.Text, key.Position, value));
            }
            else
            {
                _errors.AddDuplicate(field, key.Position, seen[key.Text]);
            }
        }

        return new MappingNode(At(start.Start), entries.ToImmutable());
    }

    private SequenceNode ReadSequence(ParsingEvent start, string path, int depth)
    {
        for (var item = Next(); item is not SequenceEnd; item = Next())
        {
            ReadNode(item, path, depth + 1);
        }

        return new SequenceNode(At(start.Start));
    }

    private static ScalarNode ReadScalar(Scalar scalar)
    {
        var isPlain = scalar.Style is ScalarStyle.Plain or ScalarStyle.Any;
        return new ScalarNode(At(scalar.Start), scalar.Value, isPlain ? CoreSchema.Resolve(scalar.Value) : ScalarKind.Text, !isPlain);
    }

    private ParsingEvent Next()
    {
        do
        {
            if (!_parser.MoveNext())
            {
                throw new DocumentException(new SourcePosition(1, 1), "not valid YAML: the text ends too early");
            }
        }
        while (_parser.Current is Comment);
        return _parser.Current!;
    }
}
