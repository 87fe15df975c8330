namespace Larder.Host.Cli.Output;

/// <summary>Writes words for a shell, so that a line can be copied and run.</summary>
internal static class ShellText
{
    /// <summary>Quotes a word where it needs it.</summary>
    /// <param name="word">The word.</param>
    /// <returns>The word, or the word in single quotes.</returns>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(character => char.IsAsciiLetterOrDigit(character) || "-_./:=,+@".Contains(character, StringComparison.Ordinal))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
