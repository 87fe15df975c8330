using Larder.Host.Cli.Output;

namespace Larder.Host.Tests.Output;

/// <summary>Tables on terminals of every width, and elsewhere.</summary>
public sealed class TextTableTests
{
    [Fact]
    public void A_terminal_that_is_wide_enough_gets_lines_around_the_table()
    {
        var drawn = Draw(Nodes(), rich: true, width: 120);
        Assert.Contains("╭", drawn, StringComparison.Ordinal);
        Assert.Contains("primary", drawn, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(80)]
    public void On_a_narrower_one_every_word_stays_whole_and_every_row_is_one_line(int width)
    {
        var drawn = Draw(Nodes(), rich: true, width);
        Assert.DoesNotContain("╭", drawn, StringComparison.Ordinal);
        Assert.Equal(3, drawn.TrimEnd('\n').Split('\n').Length);
        foreach (var word in new[] { "RESTARTS", "replica", "primary", "InSync", "a-host-with-a-name", "1048576" })
        {
            Assert.Contains(word, drawn, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_long_last_column_wraps_between_words_beside_columns_that_stay_whole()
    {
        var table = new TextTable("field", "effect");
        table.Add("redis.replicas_per_primary", "Each shard has a primary and one replica, and some words more, so that it does not fit.");
        var drawn = Draw(table, rich: true, width: 60);
        Assert.Contains("redis.replicas_per_primary", drawn, StringComparison.Ordinal);
        Assert.All(drawn.TrimEnd('\n').Split('\n'), line => Assert.InRange(line.Length, 60 - 20, 60 + 20)); // Style codes are a few characters.
        Assert.Contains("╭", drawn, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_terminal_gets_text_without_control_characters()
    {
        var drawn = Draw(Nodes(), rich: false, width: 40);
        Assert.DoesNotContain('\u001B', drawn);
        Assert.StartsWith("SHARD  ROLE     STATE   HOST", drawn, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 80)]
    [InlineData(1, 1)]
    [InlineData(132, 132)]
    public void A_terminal_that_does_not_know_its_width_is_taken_for_a_usual_one(int told, int width) => Assert.Equal(width, CliConsole.WidthOf(told));

    private static TextTable Nodes()
    {
        var table = new TextTable("shard", "role", "state", "host", "pid", "offset", "lag", "restarts", "message");
        table.Add("0", "primary", new Cell("InSync", Spectre.Console.Color.Green), "a-host-with-a-name", "1048576", "88888888", "0", "0", "");
        table.Add("0", "replica", new Cell("InSync", Spectre.Console.Color.Green), "a-host-with-a-name", "1048577", "88888888", "0", "0", "");
        return table;
    }

    private static string Draw(TextTable table, bool rich, int width)
    {
        using var output = new StringWriter();
        new CliConsole
        {
            Out = output,
            Error = TextWriter.Null,
            In = TextReader.Null,
            RichOut = rich,
            RichError = false,
            CanAsk = false,
            Width = width,
        }.Write(table);
        return output.ToString();
    }
}
