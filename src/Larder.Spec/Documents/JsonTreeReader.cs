using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Larder.Spec.Documents;

/// <summary>Reads a JSON text (RFC 8259) into the same tree as <see cref="YamlTreeReader"/>, positions included.</summary>
internal ref struct JsonTreeReader
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly SpecErrors _errors;
    private Utf8JsonReader _reader;
    private int _scanned;
    private int _line;
    private int _column;

    private JsonTreeReader(ReadOnlySpan<byte> text, SpecErrors errors)
    {
        _text = text;
        _errors = errors;

        // One level more than is allowed, so that the limit is reported by this type and with its words.
        _reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = DocumentLimits.Depth + 1 });
        _line = 1;
        _column = 1;
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="errors">Takes errors that do not end the reading (a field given twice).</param>
    /// <returns>The tree; <c>null</c> for an empty text.</returns>
    /// <exception cref="DocumentException">The text is not JSON, or too deep.</exception>
    public static DocumentNode? Read(string text, SpecErrors errors)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        try
        {
            var reader = new JsonTreeReader(Encoding.UTF8.GetBytes(text), errors);
            reader.Next();
            var root = reader.ReadNode("", depth: 1);

            // Anything but white space behind the value throws here.
            reader._reader.Read();
            return root;
        }
        catch (JsonException exception)
        {
            // The framework's message ends with its own, 0-based, position; ours stands in front.
            var message = exception.Message.Split(" LineNumber:")[0].TrimEnd('.');
            throw new DocumentException(
                new SourcePosition((int)(exception.LineNumber ?? 0) + 1, (int)(exception.BytePositionInLine ?? 0) + 1),
                $"not valid JSON: {Printable.OfMessage(message)}");
        }
    }

    private void Next()
    {
        if (!_reader.Read())
        {
            throw new JsonException("The text ends too early.");
        }
    }

    private SourcePosition Position()
    {
        var start = (int)_reader.TokenStartIndex;
        for (; _scanned < start; _scanned++)
        {
            var one = _text[_scanned];
            if (one == (byte)'\n')
            {
                _line++;
                _column = 1;
            }
            else if ((one & 0xC0) != 0x80)
            {
                _column++;
            }
        }

        return new SourcePosition(_line, _column);
    }

    private DocumentNode ReadNode(string path, int depth)
    {
        var position = Position();
        if (_reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && depth > DocumentLimits.Depth)
        {
            throw new DocumentException(position, $"more than {DocumentLimits.Depth} levels", "A spec has three or four levels.");
        }

        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadMapping(position, path, depth);
            case JsonTokenType.StartArray:
                for (Next(); _reader.TokenType != JsonTokenType.EndArray; Next())
                {
                    ReadNode(path, depth + 1);
                }

                return new SequenceNode(position);
            case JsonTokenType.String:
                return new ScalarNode(position, ReadText(position), ScalarKind.Text, isQuoted: true);
            default:
                // Numbers, true, false and null are spelled in JSON as in YAML's core schema.
                var text = Encoding.UTF8.GetString(_reader.ValueSpan);
                return new ScalarNode(position, text, CoreSchema.Resolve(text), isQuoted: false);
        }
    }

    private MappingNode ReadMapping(SourcePosition start, string path, int depth)
    {
        var entries = ImmutableArray.CreateBuilder<MappingEntry>();
        var seen = new Dictionary<string, SourcePosition>(StringComparer.Ordinal);
        for (Next(); _reader.TokenType != JsonTokenType.EndObject; Next())
        {
            var position = Position();
            var key = ReadText(position);
            var field = path.Length == 0 ? key : $"{path}.{key}";
            Next();
            var value = ReadNode(field, depth + 1);
            if (seen.TryAdd(key, position))
            {
                entries.Add(new MappingEntry(key, position, value));
            }
            else
            {
                _errors.AddDuplicate(field, position, seen[key]);
            }
        }

        return new MappingNode(start, entries.ToImmutable());
    }

    private readonly string ReadText(SourcePosition position)
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // An escape such as "\ud800" that is half a character.
            throw new DocumentException(position, "not valid JSON: the text has half of a surrogate pair");
        }
    }
}
