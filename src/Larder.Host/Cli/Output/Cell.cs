using System.Globalization;
using Larder.Host.Doctor;
using Larder.Model.Status;
using Spectre.Console;

namespace Larder.Host.Cli.Output;

/// <summary>One cell of a table.</summary>
/// <param name="Text">What it says; may be empty.</param>
/// <param name="Style">How it looks on a terminal, or <c>null</c>.</param>
internal readonly record struct Cell(string Text, Style? Style = null)
{
    /// <summary>A plain text; nothing is as good as empty.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator Cell(string? text) => new(text ?? "");

    /// <summary>A number, or nothing.</summary>
    /// <param name="number">The number.</param>
    /// <returns>The cell.</returns>
    public static Cell Of(long? number) => new(number?.ToString(CultureInfo.InvariantCulture) ?? "");

    /// <summary>A cache's state in its colour.</summary>
    /// <param name="state">The state.</param>
    /// <returns>The cell.</returns>
    public static Cell Of(CacheState state) => new(state.ToString(), state switch
    {
        CacheState.Ready => Color.Green,
        CacheState.Failed => Color.Red,
        _ => Color.Yellow,
    });

    /// <summary>A node's state in its colour.</summary>
    /// <param name="state">The state.</param>
    /// <returns>The cell.</returns>
    public static Cell Of(NodeState state) => new(state.ToString(), state switch
    {
        NodeState.InSync => Color.Green,
        NodeState.Down => Color.Red,
        _ => Color.Yellow,
    });

    /// <summary>A finding's level in its colour.</summary>
    /// <param name="level">The level.</param>
    /// <returns>The cell.</returns>
    public static Cell Of(FindingLevel level) => new(level.ToString().ToLowerInvariant(), level switch
    {
        FindingLevel.Ok => Color.Green,
        FindingLevel.Warning => Color.Yellow,
        _ => Color.Red,
    });
}
