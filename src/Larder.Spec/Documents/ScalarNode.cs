using System.Globalization;

namespace Larder.Spec.Documents;

/// <summary>A single value.</summary>
/// <param name="position">Where it stands.</param>
/// <param name="text">The value as it is written, quotes and escapes resolved.</param>
/// <param name="kind">Its type.</param>
/// <param name="isQuoted">Whether it was written in quotes (or as a block text).</param>
internal sealed class ScalarNode(SourcePosition position, string text, ScalarKind kind, bool isQuoted) : DocumentNode(position)
{
    /// <summary>The value as it is written, quotes and escapes resolved.</summary>
    public string Text { get; } = text;

    /// <summary>Its type.</summary>
    public ScalarKind Kind { get; } = kind;

    /// <summary>Whether it was written in quotes.</summary>
    public bool IsQuoted { get; } = isQuoted;

    /// <summary>The value of a number that a decimal holds; <c>null</c> for all else.</summary>
    public decimal? Number { get; } = kind is ScalarKind.Integer or ScalarKind.Number ? ParseNumber(text) : null;

    /// <inheritdoc/>
    public override string KindName => Kind switch
    {
        ScalarKind.Null => "nothing",
        ScalarKind.Boolean => "a boolean",
        ScalarKind.Integer => "a whole number",
        ScalarKind.Number => "a number",
        _ => "a text",
    };

    /// <inheritdoc/>
    public override string Shown => Kind == ScalarKind.Text ? $"\"{Printable.Of(Text)}\"" : Printable.Of(Text);

    private static decimal? ParseNumber(string text)
    {
        // The core schema's other bases.
        if (text.StartsWith("0x", StringComparison.Ordinal))
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hexadecimal) ? hexadecimal : null;
        }

        if (text.StartsWith("0o", StringComparison.Ordinal))
        {
            return text.Length <= 22 ? text.Skip(2).Aggregate(0m, (value, digit) => (value * 8) + (digit - '0')) : null;
        }

        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
