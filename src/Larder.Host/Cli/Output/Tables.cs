using Spectre.Console;

namespace Larder.Host.Cli.Output;

/// <summary>Tables of one look.</summary>
internal static class Tables
{
    /// <summary>Makes a table: lines around it on a terminal, columns of text elsewhere.</summary>
    /// <param name="console">Where it will be written.</param>
    /// <param name="columns">The headings.</param>
    /// <returns>The table, without rows.</returns>
    public static Table Create(CliConsole console, params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = console.RichOut ? TableBorder.Rounded : TableBorder.None };
        foreach (var column in columns)
        {
            var header = console.RichOut ? new Text(column, new Style(decoration: Decoration.Bold)) : new Text(column.ToUpperInvariant());
            table.AddColumn(new TableColumn(header) { NoWrap = !console.RichOut, Padding = console.RichOut ? new Padding(1, 0, 1, 0) : new Padding(0, 0, 2, 0) });
        }

        return table;
    }

    /// <summary>Adds a row of plain texts; an empty one is shown as a dash.</summary>
    /// <param name="table">The table.</param>
    /// <param name="cells">The texts, with or without a style.</param>
    public static void Add(this Table table, params ReadOnlySpan<Cell> cells)
    {
        var row = new List<Text>(cells.Length);
        foreach (var cell in cells)
        {
            row.Add(new Text(cell.Text.Length == 0 ? "-" : CliConsole.Printable(cell.Text), cell.Style));
        }

        table.AddRow(row);
    }
}
