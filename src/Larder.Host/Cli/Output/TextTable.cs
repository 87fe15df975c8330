using Spectre.Console;

namespace Larder.Host.Cli.Output;

/// <summary>
/// A table that keeps its words whole. On a terminal it has lines around it, and its last column may wrap; where it is too wide for that, and
/// elsewhere, it is columns of text, which a terminal folds and a pipe does not.
/// </summary>
/// <param name="columns">The headings.</param>
internal sealed class TextTable(params string[] columns)
{
    /// <summary>A blank at each side of a cell, and a line.</summary>
    private const int CellFrame = 3;

    private readonly List<Cell[]> _rows = [];

    /// <summary>Adds a row; an empty text is shown as a dash.</summary>
    /// <param name="cells">The texts, with or without a style.</param>
    public void Add(params ReadOnlySpan<Cell> cells)
    {
        var row = new Cell[cells.Length];
        for (var column = 0; column < row.Length; column++)
        {
            var text = cells[column].Text;
            row[column] = cells[column] with { Text = text.Length == 0 ? "-" : CliConsole.Printable(text) };
        }

        _rows.Add(row);
    }

    /// <summary>Whether the table fits into a width with lines around it and all words whole.</summary>
    /// <param name="width">The terminal's columns.</param>
    /// <returns>Whether it does.</returns>
    public bool FitsFramed(int width) =>
        1 + Enumerable.Range(0, columns.Length).Sum(column => CellFrame + NeededBy(column)) <= width;

    /// <summary>The table to draw.</summary>
    /// <param name="framed">Whether with lines around it.</param>
    /// <param name="rich">Whether it may have colours.</param>
    /// <returns>The table.</returns>
    public Table Draw(bool framed, bool rich)
    {
        var table = new Table { Border = framed ? TableBorder.Rounded : TableBorder.None };
        for (var column = 0; column < columns.Length; column++)
        {
            var header = framed ? columns[column] : columns[column].ToUpperInvariant();
            table.AddColumn(new TableColumn(new Text(header, rich ? new Style(decoration: Decoration.Bold) : Style.Plain))
            {
                NoWrap = !framed || !IsLast(column),
                Padding = framed ? new Padding(1, 0, 1, 0) : new Padding(0, 0, IsLast(column) ? 0 : 2, 0),
            });
        }

        foreach (var row in _rows)
        {
            table.AddRow(row.Select(cell => new Text(cell.Text, cell.Style)));
        }

        return table;
    }

    private bool IsLast(int column) => column == columns.Length - 1;

    private int NeededBy(int column)
    {
        var texts = _rows.Select(row => row[column].Text).Append(columns[column]);
        return (IsLast(column) ? texts.SelectMany(text => text.Split(' ')) : texts).Max(text => text.Length);
    }
}
