using System.Globalization;
using System.Text;

namespace Larder.Spec.Documents;

/// <summary>Makes a piece of someone's file fit for a message: one short line that cannot move a terminal's cursor.</summary>
internal static class Printable
{
    private const int LongestValue = 60;
    private const int LongestMessage = 160;

    /// <summary>As <see cref="Of(string)"/> for a message that may quote a file: about 160 characters.</summary>
    /// <param name="message">A message, for example of a parser.</param>
    /// <returns>One line.</returns>
    public static string OfMessage(string message) => Of(message, LongestMessage);

    /// <summary>Shortens and escapes a text.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>At most about 60 printable characters.</returns>
    public static string Of(string text) => Of(text, LongestValue);

    private static string Of(string text, int longest)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= longest)
            {
                return shown.Append('…').Append(CultureInfo.InvariantCulture, $" ({text.Length} characters)").ToString();
            }

            Append(shown, rune);
        }

        return shown.ToString();
    }

    private static void Append(StringBuilder shown, Rune rune)
    {
        var isHidden = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
        if (rune.Value == '\n')
        {
            shown.Append("\\n");
        }
        else if (isHidden)
        {
            shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
        }
        else
        {
            shown.Append(rune.ToString());
        }
    }
}
