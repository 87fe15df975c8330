using System.Collections.Concurrent;
using System.Threading.Channels;
using Larder.Model.Events;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Events;

/// <summary>
/// The journal of an installation: one bounded file for each cache, <c>events/NAME.jsonl</c> of the home. Whoever notes an event waits for
/// nothing: one writer of its own does the rest.
/// </summary>
public sealed partial class EventJournal : IEventJournal, IEventSource, IAsyncDisposable
{
    /// <summary>Events that are kept of each cache.</summary>
    public const int Kept = 1000;

    private const int LongestQueue = 4096;

    private readonly string _folder;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly int _kept;
    private readonly ConcurrentDictionary<string, CacheJournal> _journals = new(StringComparer.Ordinal);
    private readonly Channel<Action> _queue = Channel.CreateBounded<Action>(new BoundedChannelOptions(LongestQueue) { SingleReader = true });
    private readonly Task _writer;

    /// <summary>Makes a journal, and begins to take events.</summary>
    /// <param name="folder">Where the files lie; made where it is missing.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="loggers">The log.</param>
    /// <param name="kept">Events that are kept of each cache.</param>
    public EventJournal(string folder, TimeProvider clock, ILoggerFactory loggers, int kept = Kept)
    {
        ArgumentNullException.ThrowIfNull(loggers);
        (_folder, _clock, _kept) = (folder, clock, kept);
        _logger = loggers.CreateLogger("Larder.Events");
        _writer = Task.Run(WriteAsync);
    }

    /// <inheritdoc/>
    public void Append(CacheEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        var dated = happened.At == default ? happened with { At = _clock.GetUtcNow() } : happened;
        if (!_queue.Writer.TryWrite(() => Write(dated)))
        {
            Log.EventDropped(_logger, dated.Cache, dated.Kind, dated.Message);
        }
    }

    /// <inheritdoc/>
    public void Forget(string cache)
    {
        ArgumentNullException.ThrowIfNull(cache);
        if (!_queue.Writer.TryWrite(() => Remove(cache)))
        {
            Remove(cache);
        }
    }

    /// <inheritdoc/>
    public async Task<EventPage> ReadAsync(string cache, long after, TimeSpan patience, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cache);
        var began = _clock.GetTimestamp();
        var journal = Of(cache);
        while (true)
        {
            var (page, changed) = journal.After(after);
            var left = patience - _clock.GetElapsedTime(began);
            if (!page.Events.IsEmpty || page.Ended || left <= TimeSpan.Zero)
            {
                return page;
            }

            try
            {
                await changed.WaitAsync(left, _clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                return page;
            }
        }
    }

    /// <summary>Completes when everything that was noted before is written.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _queue.Writer.WriteAsync(written.SetResult, cancellationToken);
        await written.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Writes what was noted, and takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writer;
    }

    private async Task WriteAsync()
    {
        await foreach (var work in _queue.Reader.ReadAllAsync())
        {
            work();
        }
    }

    private void Write(CacheEvent happened)
    {
        try
        {
            Of(happened.Cache).Add(happened);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotWritten(_logger, happened.Cache, happened.Kind, happened.Message, _folder, exception.Message);
        }
    }

    private void Remove(string cache)
    {
        if (!_journals.TryRemove(Key(cache), out var journal))
        {
            journal = new CacheJournal(FileOf(cache), _kept);
        }

        try
        {
            journal.End();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotRemoved(_logger, cache, _folder, exception.Message);
        }
    }

    private CacheJournal Of(string cache) => _journals.GetOrAdd(Key(cache), key => new CacheJournal(FileOf(key), _kept));

    private EventFile FileOf(string cache) => new(Path.Combine(_folder, Key(cache) + ".jsonl"));

    private static string Key(string cache) => cache.ToLowerInvariant();

    private static partial class Log
    {
        [LoggerMessage(3400, LogLevel.Warning, "{Cache}: too many events at once; one is not in its journal: {Kind}: {Message}")]
        public static partial void EventDropped(ILogger logger, string cache, EventKind kind, string message);

        [LoggerMessage(3401, LogLevel.Warning, "{Cache}: an event is not in its journal in {Folder} yet: {Kind}: {Message} The problem: {Problem}")]
        public static partial void NotWritten(ILogger logger, string cache, EventKind kind, string message, string folder, string problem);

        [LoggerMessage(3402, LogLevel.Warning, "{Cache}: its event journal in {Folder} could not be removed: {Problem}")]
        public static partial void NotRemoved(ILogger logger, string cache, string folder, string problem);
    }
}
