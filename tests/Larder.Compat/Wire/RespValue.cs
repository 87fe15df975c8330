using System.Text;

namespace Larder.Compat.Wire;

/// <summary>A reply as it was on the wire.</summary>
/// <param name="Type">Its first byte; <c>\0</c> for the end of the connection.</param>
/// <param name="Text">Of what is no aggregate: its text, each character a byte.</param>
/// <param name="Items">Of an aggregate: its elements; of a map keys and values by turns.</param>
/// <param name="IsNull">Whether it is a null of RESP2.</param>
public sealed record RespValue(char Type, string Text, IReadOnlyList<RespValue> Items, bool IsNull = false)
{
    public static RespValue End { get; } = new('\0', "(closed)", []);

    public static RespValue Silence { get; } = new('\u0001', "(nothing came)", []);

    public bool IsError => Type is '-' or '!';

    public bool IsAggregate => Type is '*' or '%' or '~' or '>' or '|';

    /// <summary>All of it in one line: type bytes, and what is between them.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text);
        return text.ToString();
    }

    /// <summary>Whether a text occurs in it anywhere.</summary>
    public bool Contains(string text) => Text.Contains(text, StringComparison.Ordinal) || Items.Any(item => item.Contains(text));

    private void Write(StringBuilder text)
    {
        if (Type is '\0' or '\u0001')
        {
            text.Append(Text);
            return;
        }

        text.Append(Type);
        if (IsNull)
        {
            text.Append("null");
        }
        else if (IsAggregate)
        {
            text.Append('[');
            for (var index = 0; index < Items.Count; index++)
            {
                text.Append(index == 0 ? "" : ", ");
                Items[index].Write(text);
            }

            text.Append(']');
        }
        else
        {
            foreach (var character in Text)
            {
                _ = character is < ' ' or > '~' ? text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{(int)character:x2}") : text.Append(character);
            }
        }
    }
}
