using Larder.Controller.Durability;
using Larder.Engines;
using Larder.Model;
using Larder.Model.Events;
using Larder.Model.Specs;
using Larder.Testing;

namespace Larder.Controller.Tests.Durability;

/// <summary>What is told of a running node's data on disk, and when.</summary>
public sealed class DataWatchTests
{
    private const long Mebibyte = 1L << 20;
    private static readonly AgentOptions Options = new();
    private static readonly NodeConfiguration Node = new()
    {
        Cache = "orders",
        Ordinal = 1,
        DataFolder = "/data",
        ConfigurationFolder = "/conf",
        SocketPath = "/socket",
        ReplicationAddress = "127.0.0.1",
        ReplicationPort = 7000,
        MaxMemoryBytes = 512 * Mebibyte,
        MaxClients = 10,
        Persistence = PersistenceMode.Aof,
        InternalUser = new EngineUser("larder", new Secret("")),
        GatewayUser = new EngineUser("gateway", new Secret("")),
    };

    private static readonly LogProbe Sound = new(10 * Mebibyte, 9 * Mebibyte, null, LastRewriteFailed: false, CannotAppend: false);
    private readonly RecordingJournal _journal = new();
    private readonly DataWatch _watch;

    public DataWatchTests() => _watch = new DataWatch(Node, Options, _journal);

    [Fact]
    public void A_node_without_a_log_and_a_sound_one_are_not_told_of()
    {
        See(null);
        See(Sound);
        Assert.Equal(DataTrouble.None, _watch.Trouble);
        Assert.Empty(_watch.Alarm);
        Assert.Empty(_journal.Events);
    }

    [Fact]
    public void A_failed_rewrite_is_told_once_stays_an_alarm_and_its_end_is_told_too()
    {
        See(Sound with { LastRewriteFailed = true });
        See(Sound with { LastRewriteFailed = true, Bytes = 20 * Mebibyte });
        Assert.Equal(DataTrouble.RewriteFailed, _watch.Trouble);
        Assert.Contains("'/data/log' could not be rewritten", _watch.Alarm, StringComparison.Ordinal);
        See(Sound);
        Assert.Empty(_watch.Alarm);
        Assert.Equal([EventKind.DataNotWritten, EventKind.DataWritten], _journal.Events.Select(happened => happened.Kind));
        Assert.All(_journal.Events, happened => Assert.Equal(1, happened.Node));
    }

    [Fact]
    public void A_rewrite_may_take_its_time_but_not_longer_than_the_limit()
    {
        See(Sound with { RewritingFor = Options.RewriteLimit });
        Assert.Equal(DataTrouble.None, _watch.Trouble);
        See(Sound with { RewritingFor = Options.RewriteLimit + TimeSpan.FromSeconds(1) });
        Assert.Equal(DataTrouble.RewriteOverdue, _watch.Trouble);
        Assert.Contains("under way for 15 min", _watch.Alarm, StringComparison.Ordinal);
    }

    [Fact]
    public void Growth_is_told_where_no_rewrite_is_under_way_and_the_log_is_large()
    {
        See(Sound with { Bytes = 2 * Node.LogRewriteBytes, BaseBytes = 1 });
        See(Sound with { Bytes = 4000 * Mebibyte, BaseBytes = 1000 * Mebibyte });
        See(Sound with { Bytes = 5000 * Mebibyte, BaseBytes = 1000 * Mebibyte, RewritingFor = TimeSpan.FromMinutes(1) });
        Assert.Empty(_journal.Events);
        See(Sound with { Bytes = 5000 * Mebibyte, BaseBytes = 1000 * Mebibyte });
        Assert.Equal(DataTrouble.LogGrows, _watch.Trouble);
        Assert.Contains("is 5000 MiB, far more", _watch.Alarm, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_takes_no_more_is_worse_than_one_that_is_not_rewritten()
    {
        See(Sound with { CannotAppend = true, LastRewriteFailed = true });
        Assert.Equal(DataTrouble.CannotAppend, _watch.Trouble);
        Assert.Contains("refuses writes of clients", _watch.Alarm, StringComparison.Ordinal);
        See(Sound with { LastRewriteFailed = true });
        Assert.Equal(DataTrouble.RewriteFailed, _watch.Trouble);
        Assert.Equal(2, _journal.Events.Count(happened => happened.Kind == EventKind.DataNotWritten));
    }

    [Fact]
    public void A_log_that_is_missing_for_a_moment_is_being_exchanged_and_one_that_stays_away_is_gone()
    {
        See(Sound, logThere: false);
        See(Sound);
        See(Sound, logThere: false);
        Assert.Equal(DataTrouble.None, _watch.Trouble);
        See(Sound, logThere: false);
        Assert.Equal(DataTrouble.LogGone, _watch.Trouble);
        Assert.Contains("was deleted from '/data/log'", _watch.Alarm, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "larder failover orders")]
    [InlineData(false, "gets everything from the primary")]
    public void A_deleted_folder_is_told_with_what_helps(bool primary, string helps)
    {
        See(null, folderThere: false, primary: primary);
        See(null, folderThere: false, primary: primary);
        Assert.Equal(DataTrouble.FolderGone, _watch.Trouble);
        Assert.Contains(helps, Assert.Single(_journal.Events).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_has_ended_leaves_no_alarm()
    {
        See(Sound with { CannotAppend = true });
        _watch.Forget();
        Assert.Empty(_watch.Alarm);
        Assert.Equal(DataTrouble.None, _watch.Trouble);
    }

    private void See(LogProbe? log, bool folderThere = true, bool logThere = true, bool primary = false) =>
        _watch.See(new DataSight(folderThere, logThere, log), "/data/log", primary);
}
