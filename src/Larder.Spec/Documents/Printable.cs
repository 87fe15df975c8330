using System.Globalization;
using System.Text;

namespace Larder.Spec.Documents;

/// <summary>Makes a piece of someone's file fit for a message: one short line that cannot move a terminal's cursor.</summary>
internal static class Printable
{
    private const int LongestShown = 60;

    /// <summary>Shortens and escapes a text.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>At most about 60 printable characters.</returns>
    public static string Of(string text)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= LongestShown)
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
