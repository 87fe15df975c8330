using Larder.Controller.Events;
using Larder.Model.Events;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Larder.Controller.Tests.Events;

/// <summary>The journal of an installation: kept over restarts, bounded, whole after a crash.</summary>
public sealed class EventJournalTests : IDisposable
{
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("larder-events-").FullName, "events");
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [Fact]
    public async Task What_was_noted_is_there_after_a_restart_and_sequences_go_on()
    {
        await using (var journal = Open())
        {
            journal.Append(Event("first") with { Shard = 0, Node = 1, Epoch = 7 });
            journal.Append(Event("second"));
        }

        await using var again = Open();
        again.Append(Event("third"));
        var events = await ReadAsync(again);
        Assert.Equal([(1, "first"), (2, "second"), (3, "third")], events.Select(happened => (happened.Sequence, happened.Message)));
        Assert.Equal(new CacheEvent(EventKind.PrimaryLost, "Orders", "first") { Sequence = 1, At = _clock.GetUtcNow(), Shard = 0, Node = 1, Epoch = 7 }, events[0]);
    }

    [Fact]
    public async Task Each_cache_has_its_own_whatever_the_case_of_its_name()
    {
        await using var journal = Open();
        journal.Append(Event("mine"));
        journal.Append(Event("other") with { Cache = "carts" });
        Assert.Equal(["mine"], (await ReadAsync(journal, "ORDERS")).Select(happened => happened.Message));
        Assert.Equal([1L], (await ReadAsync(journal, "carts")).Select(happened => happened.Sequence));
        Assert.Empty(await ReadAsync(journal, "nobody"));
    }

    [Fact]
    public async Task Only_its_owner_may_read_it()
    {
        await using var journal = Open();
        journal.Append(Event("first"));
        await journal.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FileOf("orders")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
    }

    [Fact]
    public async Task A_torn_last_line_costs_that_line_alone()
    {
        await using (var journal = Open())
        {
            journal.Append(Event("whole"));
            journal.Append(Event("torn"));
        }

        var text = File.ReadAllText(FileOf("orders"));
        File.WriteAllText(FileOf("orders"), text[..^9]);
        await using (var again = Open())
        {
            again.Append(Event("next"));
            Assert.Equal([(1, "whole"), (2, "next")], (await ReadAsync(again)).Select(happened => (happened.Sequence, happened.Message)));
        }

        Assert.Equal(2, File.ReadAllLines(FileOf("orders")).Length);
        await using var third = Open();
        Assert.Equal(["whole", "next"], (await ReadAsync(third)).Select(happened => happened.Message));
    }

    [Fact]
    public async Task The_oldest_go_where_there_are_too_many_in_memory_and_on_disk()
    {
        await using var journal = Open(kept: 10);
        for (var i = 1; i <= 95; i++)
        {
            journal.Append(Event($"{i}"));
        }

        var events = await ReadAsync(journal);
        Assert.Equal(Enumerable.Range(86, 10).Select(i => (long)i), events.Select(happened => happened.Sequence));
        Assert.InRange(File.ReadAllLines(FileOf("orders")).Length, 10, 20);
    }

    [Fact]
    public async Task A_disk_that_fails_loses_nothing_that_is_kept_when_it_is_well_again()
    {
        Directory.CreateDirectory(FileOf("orders"));
        await using (var journal = Open())
        {
            journal.Append(Event("first"));
            await journal.FlushAsync(TestContext.Current.CancellationToken);
            Directory.Delete(FileOf("orders"));
            journal.Append(Event("written"));
            await journal.FlushAsync(TestContext.Current.CancellationToken);
            File.Delete(FileOf("orders"));
            Directory.CreateDirectory(FileOf("orders"));
            journal.Append(Event("in memory alone"));
            Assert.Equal(["first", "written", "in memory alone"], (await ReadAsync(journal)).Select(happened => happened.Message));
            Directory.Delete(FileOf("orders"));
            journal.Append(Event("last"));
        }

        await using var again = Open();
        Assert.Equal(["first", "written", "in memory alone", "last"], (await ReadAsync(again)).Select(happened => happened.Message));
    }

    [Fact]
    public async Task A_follower_gets_the_next_one_when_it_happens()
    {
        await using var journal = Open();
        journal.Append(Event("known"));
        await journal.FlushAsync(TestContext.Current.CancellationToken);
        var next = journal.ReadAsync("orders", 1, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.False(next.IsCompleted);
        journal.Append(Event("next"));
        Assert.Equal("next", Assert.Single((await next).Events).Message);
    }

    [Fact]
    public async Task A_follower_that_hears_nothing_gets_an_empty_page()
    {
        await using var journal = Open();
        var nothing = journal.ReadAsync("orders", 0, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromSeconds(30));
        var page = await nothing;
        Assert.Empty(page.Events);
        Assert.False(page.Ended);
    }

    [Fact]
    public async Task A_deleted_cache_is_forgotten_and_its_followers_are_told()
    {
        await using var journal = Open();
        journal.Append(Event("known"));
        await journal.FlushAsync(TestContext.Current.CancellationToken);
        var next = journal.ReadAsync("orders", 1, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        journal.Forget("Orders");
        Assert.True((await next).Ended);
        Assert.False(File.Exists(FileOf("orders")));
        journal.Append(Event("of its successor"));
        Assert.Equal([1L], (await ReadAsync(journal)).Select(happened => happened.Sequence));
    }

    private EventJournal Open(int kept = EventJournal.Kept) => new(_folder, _clock, NullLoggerFactory.Instance, kept);

    private string FileOf(string cache) => Path.Combine(_folder, cache + ".jsonl");

    private static CacheEvent Event(string message) => new(EventKind.PrimaryLost, "Orders", message);

    private static async Task<IReadOnlyList<CacheEvent>> ReadAsync(EventJournal journal, string cache = "orders")
    {
        await journal.FlushAsync(TestContext.Current.CancellationToken);
        return (await journal.ReadAsync(cache, 0, TimeSpan.Zero, TestContext.Current.CancellationToken)).Events;
    }
}
