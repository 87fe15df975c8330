using Larder.Backup.History;

namespace Larder.Backup.Tests.History;

/// <summary>Whose log a second is rebuilt from.</summary>
public sealed class HistoryFoldersTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void It_is_the_log_of_the_node_that_was_the_primary_then()
    {
        using var folder = new TemporaryFolder();
        var first = Node(folder, "0", begun: 0, primarySince: [0, 600]);
        var second = Node(folder, "1", begun: 5, primarySince: [300]);
        Assert.Equal([first, first, second, second, first], new[] { 4, 299, 300, 599, 600 }.Select(at => Chosen([second, first], at)));
    }

    [Fact]
    public void Where_the_primary_s_does_not_reach_back_so_far_another_s_is_taken_and_where_none_does_there_is_none()
    {
        using var folder = new TemporaryFolder();
        var first = Node(folder, "0", begun: 60, primarySince: [0]);
        var second = Node(folder, "1", begun: 10, primarySince: []);
        var third = Node(folder, "2", begun: 20, primarySince: []);
        Assert.Equal([null, second, third, first], new[] { 9, 10, 59, 60 }.Select(at => Chosen([first, second, third], at)));
    }

    [Fact]
    public void Tenures_are_forgotten_but_for_the_one_that_the_window_begins_in()
    {
        using var folder = new TemporaryFolder();
        var history = Node(folder, "0", begun: 0, primarySince: [0, 10, 20, 30]);
        history.RetireTenures(Noon.AddSeconds(20));
        Assert.Equal([Noon.AddSeconds(20), Noon.AddSeconds(30)], history.Tenures());
        Assert.Empty(new LogHistory(folder.At("none")).Tenures());
    }

    private static LogHistory? Chosen(LogHistory[] histories, int at) => HistoryFolders.Choose(histories, Noon.AddSeconds(at))?.History;

    private static LogHistory Node(TemporaryFolder folder, string name, int begun, int[] primarySince)
    {
        var history = new LogHistory(folder.At(name));
        Directory.CreateDirectory(history.Folder);
        Array.ForEach(primarySince, since => history.NoteTenure(Noon.AddSeconds(since)));
        var moment = new LogMoment(Noon.AddSeconds(begun), Noon.AddSeconds(begun), null, ["1-appendonly.aof.1.incr.aof"]);
        File.WriteAllText(history.PathOf(moment), LogHistory.Serialize(moment));
        return history;
    }
}
