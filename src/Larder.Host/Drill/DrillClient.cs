using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Larder.Host.Drill;

/// <summary>
/// One client of a drill: sets keys of its own and counts, one command after the other, and connects again when its connection ends, as an
/// application does.
/// </summary>
/// <param name="endpoint">Where to.</param>
/// <param name="prefix">The prefix of its keys; nobody else uses it.</param>
/// <param name="clock">The clock.</param>
/// <param name="acknowledged">Called at each acknowledged write.</param>
internal sealed class DrillClient(DrillEndpoint endpoint, string prefix, TimeProvider clock, Action acknowledged)
{
    /// <summary>Keys go by themselves after this time, should the drill end before it has removed them.</summary>
    private const string SecondsToLive = "600";

    private const int VerifiedAtOnce = 100;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ReplyLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(50);

    /// <summary>What it saw.</summary>
    public DrillTally Tally { get; } = new();

    private string Counter => prefix + "counter";

    /// <summary>Writes until told to stop.</summary>
    /// <param name="stop">Tells it to stop; a command under way is waited for.</param>
    public async Task RunAsync(CancellationToken stop)
    {
        DrillConnection? connection = null;
        var last = clock.GetTimestamp();
        var next = 0L;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var began = clock.GetTimestamp();
                var counting = next % 2 == 1;
                var key = string.Create(CultureInfo.InvariantCulture, $"{prefix}{next}");
                try
                {
                    connection ??= await OpenAsync();
                }
                catch (Exception exception) when (IsExpected(exception))
                {
                    Tally.NoteError(KindOf(exception, connecting: true), uncertain: false);
                    await PauseAsync(ConnectPause, stop);
                    continue;
                }

                try
                {
                    await CallAsync(connection, counting ? ["INCR", Counter] : ["SET", key, "1", "EX", SecondsToLive]);
                    if (counting)
                    {
                        Tally.Counted++;
                    }
                    else
                    {
                        Tally.Keys.Add(key);
                    }

                    Tally.Note(clock.GetElapsedTime(last));
                    last = clock.GetTimestamp();
                    acknowledged();
                }
                catch (Exception exception) when (IsExpected(exception))
                {
                    // An error from before the command was carried out says so by its word; of anything else nobody knows.
                    var uncertain = exception is not DrillReplyException { Word: "READONLY" or "LOADING" or "MASTERDOWN" or "CLUSTERDOWN" or "TRYAGAIN" or "NOAUTH" or "WRONGPASS" or "OOM" };
                    Tally.NoteError(KindOf(exception, connecting: false), uncertain);
                    if (uncertain && counting)
                    {
                        Tally.Uncounted++;
                    }
                    else if (uncertain)
                    {
                        Tally.UncertainKeys.Add(key);
                    }

                    if (exception is not DrillReplyException)
                    {
                        connection.Dispose();
                        connection = null;
                    }
                }

                next++;
                if (Pace - clock.GetElapsedTime(began) is { Ticks: > 0 } left)
                {
                    await PauseAsync(left, stop);
                }
            }
        }
        finally
        {
            Tally.End(clock.GetElapsedTime(last));
            connection?.Dispose();
        }
    }

    /// <summary>Sets the counter to zero, with a time to live.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        using var connection = await DrillConnection.OpenAsync(endpoint, cancellationToken);
        await connection.CallAsync(["SET", Counter, "0", "EX", SecondsToLive], cancellationToken);
    }

    /// <summary>Reads back what was acknowledged.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Acknowledged writes that are not there, and writes that are there too often.</returns>
    public async Task<(long Lost, long Doubled)> VerifyAsync(CancellationToken cancellationToken)
    {
        using var connection = await DrillConnection.OpenAsync(endpoint, cancellationToken);
        var there = 0L;
        foreach (var keys in Tally.Keys.Chunk(VerifiedAtOnce))
        {
            there += long.Parse(await connection.CallAsync(["EXISTS", .. keys], cancellationToken) ?? "0", CultureInfo.InvariantCulture);
        }

        var counted = long.Parse(await connection.CallAsync(["GET", Counter], cancellationToken) ?? "0", CultureInfo.InvariantCulture);
        var lost = Tally.Keys.Count - there + Math.Max(0, Tally.Counted - counted);
        return (lost, Math.Max(0, counted - Tally.Counted - Tally.Uncounted));
    }

    /// <summary>Removes its keys, those of unknown fate too.</summary>
    /// <param name="cancellationToken">Gives up; what is left goes by itself.</param>
    public async Task CleanUpAsync(CancellationToken cancellationToken)
    {
        using var connection = await DrillConnection.OpenAsync(endpoint, cancellationToken);
        foreach (var keys in Tally.PossibleKeys.Append(Counter).Chunk(VerifiedAtOnce))
        {
            await connection.CallAsync(["DEL", .. keys], cancellationToken);
        }
    }

    /// <summary>What a connection or a reply can fail with, as against a defect of our own.</summary>
    /// <param name="exception">The exception.</param>
    /// <returns>Whether it is to be counted.</returns>
    public static bool IsExpected(Exception exception) => exception
        is DrillReplyException or IOException or SocketException or AuthenticationException or TimeoutException or InvalidDataException;

    private Task<DrillConnection> OpenAsync() => WithinAsync(token => DrillConnection.OpenAsync(endpoint, token));

    private Task<string?> CallAsync(DrillConnection connection, IReadOnlyList<string> words) => WithinAsync(token => connection.CallAsync(words, token));

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> act)
    {
        using var limit = new CancellationTokenSource(ReplyLimit, clock);
        try
        {
            return await act(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {ReplyLimit.TotalSeconds:0} s");
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken stop)
    {
        try
        {
            await Task.Delay(pause, clock, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The loop looks by itself.
        }
    }

    private static string KindOf(Exception exception, bool connecting) => exception switch
    {
        DrillReplyException reply => reply.Word,
        TimeoutException => "no answer",
        AuthenticationException => "TLS failed",
        InvalidDataException => "not understood",
        _ => connecting ? "connection refused" : "connection closed",
    };
}
