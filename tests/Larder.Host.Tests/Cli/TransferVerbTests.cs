using System.Text.Json;
using Larder.Management.Contracts;
using Larder.Model.Operations;
using Larder.Model.Status;

namespace Larder.Host.Tests.Cli;

/// <summary><c>larder backup</c>, <c>backups</c>, <c>restore</c>, <c>export</c>, <c>import</c>: what is asked before, what is sent, what is said.</summary>
public sealed class TransferVerbTests : IAsyncLifetime
{
    private readonly TemporaryHome _home = new();
    private FakeDaemon _daemon = null!;

    public async ValueTask InitializeAsync()
    {
        _daemon = await FakeDaemon.StartAsync(_home.Home);
        _daemon.Caches["orders"] = Samples.Cache();
        _daemon.Operation = [Samples.Operation("writing", 20), Samples.Operation("backup 1 is complete: 12 keys", 100, OperationState.Succeeded)];
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        _home.Dispose();
    }

    [Theory]
    [InlineData("backup orders", "POST /v1/caches/orders/backups {}")]
    [InlineData("restore orders", """POST /v1/caches/orders/restore {"at":null,"storage":null,"from":null,"into":null,"replace":false,"dropOtherDatabases":false}""")]
    [InlineData(
        "restore orders --at 2026-11-27T12:00:00+02:00 --into noon --from lost --storage cold",
        """POST /v1/caches/orders/restore {"at":"2026-11-27T12:00:00+02:00","storage":"cold","from":"lost","into":"noon","replace":false,"dropOtherDatabases":false}""")]
    [InlineData("restore orders --at 2026-11-27", """POST /v1/caches/orders/restore {"at":"2026-11-27T00:00:00+00:00","storage":null,"from":null,"into":null,"replace":false,"dropOtherDatabases":false}""")]
    [InlineData("restore orders --replace -y", """POST /v1/caches/orders/restore {"at":null,"storage":null,"from":null,"into":null,"replace":true,"dropOtherDatabases":false}""")]
    [InlineData("export orders --folder /tmp/out --prefix o-", """POST /v1/caches/orders/export {"storage":null,"folder":"/tmp/out","prefix":"o-"}""")]
    [InlineData(
        "import orders a.rdb --storage cold --drop-other-databases --yes", """POST /v1/caches/orders/import {"storage":"cold","folder":null,"files":["a.rdb"],"prefix":null,"dropOtherDatabases":true}""")]
    [InlineData(
        "import orders b.rdb a.rdb --storage cold --yes", """POST /v1/caches/orders/import {"storage":"cold","folder":null,"files":["b.rdb","a.rdb"],"prefix":null,"dropOtherDatabases":false}""")]
    public async Task What_is_asked_for_is_sent_and_followed_to_its_end(string commandLine, string request)
    {
        var run = await RunAsync(commandLine);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal([request], _daemon.Requests);
        Assert.Contains("12 keys", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("restore orders --replace", "This replaces all data of orders by that of a backup.", "larder restore orders --replace --yes")]
    [InlineData("import orders a.rdb", "This replaces all data of orders.", "--yes")]
    public async Task What_replaces_all_data_needs_the_name_or_yes(string commandLine, string warned, string wayOut)
    {
        var silent = await RunAsync(commandLine);
        Assert.Equal(2, silent.ExitCode);
        Assert.Contains(wayOut, silent.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync(commandLine, "yes\n")).ExitCode);
        Assert.Empty(_daemon.Requests);
        var typed = await RunAsync(commandLine, "orders\n");
        Assert.Equal(0, typed.ExitCode);
        Assert.Contains(warned, typed.Error, StringComparison.Ordinal);
        Assert.Single(_daemon.Requests);
    }

    [Theory]
    [InlineData("backup", "Required argument missing")]
    [InlineData("restore nobody", "There is no cache named 'nobody'")]
    [InlineData("import nobody a.rdb --yes", "There is no cache named 'nobody'")]
    [InlineData("restore orders --at yesterday", "--at is 'yesterday'; it must be a time such as 2026-11-27T12:00:00Z")]
    public async Task Bad_input_is_refused_by_name(string commandLine, string named)
    {
        var run = await RunAsync(commandLine);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(named, run.Error, StringComparison.Ordinal);
        Assert.Empty(_daemon.Requests);
    }

    [Fact]
    public async Task A_refusal_and_a_failure_are_told_and_told_apart_by_the_exit_code()
    {
        _daemon.Transfer = () => FakeDaemon.Error(422, "refused", "There is no backup of orders in storage 'local'.");
        var refused = await RunAsync("restore orders");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("There is no backup of orders", refused.Error, StringComparison.Ordinal);

        _daemon.Transfer = () => FakeDaemon.Json(new ApplyView(null, "0b"), 202);
        _daemon.Operation = [Samples.Operation("writing", 20, OperationState.Failed, new OperationError("failed", "The storage answered 500.", Undone: false))];
        var failed = await RunAsync("backup orders");
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("The storage answered 500.", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backups_are_a_table_with_the_schedule_below_it_and_none_say_how_to_take_one()
    {
        var none = await RunAsync("backups orders");
        Assert.Contains("There are no backups of orders in storage 'local'", none.Out, StringComparison.Ordinal);
        Assert.Contains("larder backup orders", none.Out, StringComparison.Ordinal);

        var view = new BackupsView(
            "orders", "cold", "https://example.invalid/backups",
            [new BackupView("20260301T120000Z-aaaaaaaa", Samples.Noon, Samples.Noon.AddSeconds(2), 3 << 20, 12, "redis 7.0.15", 10, TrialLoaded: true, Own: true)],
            ["'x/manifest.json' of storage 'cold' cannot be read and does not count: it is empty."],
            Overdue());
        _daemon.Backups = _ => FakeDaemon.Json(view);
        var some = await RunAsync("backups orders --storage cold");
        Assert.Equal("BACKUPS orders cold", _daemon.Requests.Last());
        Assert.Contains("2026-03-01 12:00:00", some.Out, StringComparison.Ordinal);
        Assert.Contains("checksum, tool, load", some.Out, StringComparison.Ordinal);
        Assert.Contains("does not count", some.Out, StringComparison.Ordinal);
        Assert.Contains("older than twice the interval: the disk is full", some.Out, StringComparison.Ordinal);
        using var json = JsonDocument.Parse((await RunAsync("backups orders --output json")).Out);
        Assert.Equal(7, json.RootElement.GetProperty("schedule").GetProperty("failedInAll").GetInt64());
    }

    [Fact]
    public async Task Show_has_an_alarm_for_backups_that_are_too_old_and_says_where_they_stand()
    {
        _daemon.Caches["orders"] = Samples.Cache() with { Backup = Overdue(), Alarms = ["The newest good backup of orders is too old."] };
        var shown = await RunAsync("show orders");
        Assert.Contains("alarm       The newest good backup of orders is too old.", shown.Out, StringComparison.Ordinal);
        Assert.Contains("backups     last at 2026-03-01 12:00:00 UTC", shown.Out, StringComparison.Ordinal);
        Assert.Contains("5 good, 7 failed, in storage cold", shown.Out, StringComparison.Ordinal);
        Assert.Contains("The newest good backup of orders is too old.", (await RunAsync("list")).Out, StringComparison.Ordinal);
        using var json = JsonDocument.Parse((await RunAsync("show orders --output json")).Out);
        Assert.Equal(1, json.RootElement.GetProperty("alarms").GetArrayLength());
        Assert.Equal(5, json.RootElement.GetProperty("backup").GetProperty("completed").GetInt64());
    }

    private static BackupStatus Overdue() => new(
        "cold", Samples.Noon, "20260301T120000Z-aaaaaaaa", Samples.Noon.AddMinutes(15), Overdue: true, Failures: 3, "the disk is full")
    {
        Completed = 5,
        FailedInAll = 7,
        LastBytes = 3 << 20,
        LastSeconds = 2.5,
    };

    private Task<CommandRun> RunAsync(string commandLine, string? input = null) =>
        CommandRun.OfAsync(_home.Home, commandLine, new CommandRun.Setup { Input = input });
}
