using System.Text;

namespace Larder.Engines.Redis;

/// <summary>Arguments of the configuration file: written plain where that is safe, else in double quotes.</summary>
internal static class Quoting
{
    /// <summary>Quotes an argument.</summary>
    /// <param name="argument">The argument.</param>
    /// <returns>It, as the file takes it.</returns>
    /// <exception cref="ArgumentException">It has a control character, which would end the line or hide in it.</exception>
    public static string Quote(string argument)
    {
        if (argument.Any(char.IsControl))
        {
            throw new ArgumentException("A value for an engine's configuration has a control character in it.", nameof(argument));
        }

        if (argument.Length > 0 && argument.All(IsPlain))
        {
            return argument;
        }

        var text = new StringBuilder("\"");
        foreach (var character in argument)
        {
            if (character is '"' or '\\')
            {
                text.Append('\\');
            }

            text.Append(character);
        }

        return text.Append('"').ToString();
    }

    private static bool IsPlain(char character) => char.IsAsciiLetterOrDigit(character) || character is '/' or '.' or '-' or '_' or ':' or '*';
}
