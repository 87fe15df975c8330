using System.Text;

namespace Larder.Spec;

/// <summary>One mistake in a spec. Every text in it is fit for a terminal: one line, control characters escaped, long values cut.</summary>
public sealed record SpecError
{
    /// <summary>What kind of mistake.</summary>
    public required SpecErrorKind Kind { get; init; }

    /// <summary>The file, as the caller named it.</summary>
    public required string Source { get; init; }

    /// <summary>1-based line; <c>null</c> where the mistake is the file's as a whole.</summary>
    public int? Line { get; init; }

    /// <summary>1-based column in characters; <c>null</c> where the mistake is the file's as a whole.</summary>
    public int? Column { get; init; }

    /// <summary>The field's path, such as <c>redis.capacity</c>; empty where the mistake is not one field's.</summary>
    public string Field { get; init; } = "";

    /// <summary>The value given, as it is shown; <c>null</c> where there is none.</summary>
    public string? Given { get; init; }

    /// <summary>What is wrong, the value included: <c>6 is not allowed</c>.</summary>
    public required string Problem { get; init; }

    /// <summary>What is allowed, in words; <c>null</c> where that is no list or rule.</summary>
    public string? Allowed { get; init; }

    /// <summary>What to do, as a sentence; <c>null</c> where the rest says it.</summary>
    public string? Hint { get; init; }

    /// <summary>The whole mistake as one line: <c>file:line:column: field: problem; allowed: …. Hint.</c></summary>
    /// <returns>The line.</returns>
    public override string ToString()
    {
        var text = new StringBuilder(Source);
        if (Line is { } line)
        {
            text.Append(':').Append(line);
        }

        if (Column is { } column)
        {
            text.Append(':').Append(column);
        }

        text.Append(": ");
        if (Field.Length > 0)
        {
            text.Append(Field).Append(": ");
        }

        text.Append(Problem);
        if (Allowed is not null)
        {
            text.Append("; allowed: ").Append(Allowed);
        }

        return (Hint is null ? text : text.Append(". ").Append(Hint)).ToString();
    }
}
