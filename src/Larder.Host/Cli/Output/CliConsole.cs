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
        var outIsTerminal = !Console.IsOutputRedirected;
        return new CliConsole
        {
            Out = Console.Out,
            Error = Console.Error,
            In = Console.In,
            RichOut = outIsTerminal && !plain,
            RichError = !Console.IsErrorRedirected && !plain,
            CanAsk = !Console.IsInputRedirected && !Console.IsErrorRedirected,
            Width = outIsTerminal && !plain ? Math.Max(Console.WindowWidth, 40) : Unlimited,
        };
    }

    /// <summary>Writes a line to standard output.</summary>
    /// <param name="text">The line.</param>
    public void WriteLine(string text = "") => Out.WriteLine(Printable(text));

    /// <summary>Says something along the way, on standard error.</summary>
    /// <param name="text">The line.</param>
    public void Say(string text) => Error.WriteLine(Printable(text));

    /// <summary>Draws a table, or anything else that can be drawn, on standard output.</summary>
    /// <param name="drawing">The drawing.</param>
    public void Write(IRenderable drawing)
    {
        if (RichOut)
        {
            Ansi(Out, rich: true).Write(drawing);
            return;
        }

        using var text = new StringWriter();
        Ansi(text, rich: false).Write(drawing);
        foreach (var line in text.ToString().TrimEnd('\n').Split('\n'))
        {
            Out.WriteLine(line.TrimEnd());
        }
    }

    /// <summary>A console that draws on a terminal.</summary>
    /// <param name="error">Whether on standard error; else on standard output.</param>
    /// <returns>The console.</returns>
    public IAnsiConsole Drawing(bool error) => Ansi(error ? Error : Out, error ? RichError : RichOut);

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

    private IAnsiConsole Ansi(TextWriter writer, bool rich)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = rich ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = rich ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = rich ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = rich ? Width : Unlimited;
        console.Profile.Capabilities.Unicode = rich;
        return console;
    }
}
