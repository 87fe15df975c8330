using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Larder.Host.Cli.Output;

/// <summary>
/// The three standard streams. Results go to standard output, everything said along the way to standard error. What is not a terminal, or does
/// not want colours, gets plain text: no control characters, no wrapping.
/// </summary>
internal sealed class CliConsole
{
    private const int Unlimited = 10_000;

    /// <summary>What a terminal is taken to have that does not tell its width, such as one made by a program.</summary>
    private const int UsualWidth = 80;

    /// <summary>Standard output.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Standard error.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard input.</summary>
    public required TextReader In { get; init; }

    /// <summary>Whether standard output is a terminal that may be drawn on.</summary>
    public required bool RichOut { get; init; }

    /// <summary>Whether standard error is a terminal that may be drawn on.</summary>
    public required bool RichError { get; init; }

    /// <summary>Whether a person can be asked: input and errors are a terminal.</summary>
    public required bool CanAsk { get; init; }

    /// <summary>Columns of the terminal; for plain text there is no limit.</summary>
    public int Width { get; init; } = Unlimited;

    /// <summary>The process's own streams.</summary>
    /// <param name="environment">Reads environment variables.</param>
    /// <returns>The console.</returns>
    public static CliConsole System(Func<string, string?> environment)
    {
        var plain = environment("NO_COLOR") is { Length: > 0 } || environment("TERM") is null or "" or "dumb";
        var richOut = !Console.IsOutputRedirected && !plain;
        var richError = !Console.IsErrorRedirected && !plain;
        return new CliConsole
        {
            Out = Console.Out,
            Error = Console.Error,
            In = Console.In,
            RichOut = richOut,
            RichError = richError,
            CanAsk = !Console.IsInputRedirected && !Console.IsErrorRedirected,
            Width = richOut || richError ? WidthOf(Console.WindowWidth) : Unlimited,
        };
    }

    /// <summary>Writes a line to standard output.</summary>
    /// <param name="text">The line.</param>
    public void WriteLine(string text = "") => Out.WriteLine(Printable(text));

    /// <summary>Says something along the way, on standard error.</summary>
    /// <param name="text">The line.</param>
    public void Say(string text) => Error.WriteLine(Printable(text));

    /// <summary>Draws a table on standard output.</summary>
    /// <param name="table">The table.</param>
    public void Write(TextTable table)
    {
        if (RichOut && table.FitsFramed(Width))
        {
            Ansi(Out, rich: true, Width).Write(table.Draw(framed: true, rich: true));
            return;
        }

        using var text = new StringWriter();
        Ansi(text, RichOut, Unlimited).Write(table.Draw(framed: false, RichOut));
        foreach (var line in text.ToString().TrimEnd('\n').Split('\n'))
        {
            Out.WriteLine(line.TrimEnd());
        }
    }

    /// <summary>A table as a part of a larger drawing on the terminal.</summary>
    /// <param name="table">The table.</param>
    /// <returns>The part.</returns>
    public IRenderable Fitted(TextTable table) => table.Draw(table.FitsFramed(Width), rich: true);

    /// <summary>A console that draws on a terminal.</summary>
    /// <param name="error">Whether on standard error; else on standard output.</param>
    /// <returns>The console.</returns>
    public IAnsiConsole Drawing(bool error) => Ansi(error ? Error : Out, error ? RichError : RichOut, Width);

    /// <summary>Replaces control characters, which text from elsewhere (an engine's log, a file) may carry, so that it cannot drive the terminal.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text with line feeds and nothing else that controls.</returns>
    public static string Printable(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\x1F') && !text.AsSpan().ContainsAnyInRange('\x7F', '\x9F'))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            clean.Append(character == '\n' || !char.IsControl(character) ? character : character == '\t' ? ' ' : '?');
        }

        return clean.ToString();
    }

    /// <summary>The columns to draw in.</summary>
    /// <param name="told">What the terminal tells; 0 where it does not know.</param>
    /// <returns>The columns.</returns>
    internal static int WidthOf(int told) => told > 0 ? told : UsualWidth;

    private static IAnsiConsole Ansi(TextWriter writer, bool rich, int width)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = rich ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = rich ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = rich ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = rich ? width : Unlimited;
        console.Profile.Capabilities.Unicode = rich;
        return console;
    }
}
