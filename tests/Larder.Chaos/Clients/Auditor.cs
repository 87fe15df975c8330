using System.Collections.Immutable;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Clients;

/// <summary>Reads all data of the workloads in one transaction, so that a snapshot is of one moment.</summary>
/// <param name="endpoint">Where to read.</param>
/// <param name="workloads">The keys.</param>
/// <param name="recorder">Where snapshots are taken down.</param>
/// <param name="clock">The clock of the deadline.</param>
public sealed class Auditor(ClientEndpoint endpoint, Workloads workloads, HistoryRecorder recorder, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(50);

    /// <summary>Takes a snapshot. One that breaks off is taken again: it is the one thing here that may be repeated, since it changes nothing.</summary>
    /// <param name="cancellationToken">Ends the attempts.</param>
    /// <exception cref="OperationCanceledException">None succeeded within 30 s.</exception>
    public async Task SnapshotAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        while (true)
        {
            try
            {
                await using var connection = await RespConnection.OpenAsync(endpoint, both.Token);
                recorder.Add(await TakeAsync(connection, both.Token));
                return;
            }
            catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException)
            {
                await Task.Delay(BackOff, clock, both.Token);
            }
        }
    }

    private async Task<Snapshot> TakeAsync(RespConnection connection, CancellationToken cancellationToken)
    {
        var began = recorder.Now;
        var (collections, integers) = await ReadAsync(connection, Workloads.Collections, workloads.Integers, cancellationToken);
        return new Snapshot(began, recorder.Now, collections.ToImmutableDictionary(), integers.ToImmutableDictionary());
    }

    /// <summary>Reads keys in one transaction.</summary>
    /// <exception cref="IOException">It was refused, or broke off.</exception>
    internal static async Task<(IEnumerable<KeyValuePair<string, ImmutableArray<long>>> Collections, IEnumerable<KeyValuePair<string, long>> Integers)> ReadAsync(
        RespConnection connection, ImmutableArray<string> collections, ImmutableArray<string> integers, CancellationToken cancellationToken)
    {
        connection.Add("MULTI");
        foreach (var key in collections)
        {
            if (Workloads.IsSet(key))
            {
                connection.Add("SMEMBERS", key);
            }
            else
            {
                connection.Add("LRANGE", key, "0", "-1");
            }
        }

        foreach (var key in integers)
        {
            connection.Add("GET", key);
        }

        connection.Add("EXEC");
        await connection.SendAsync(cancellationToken);
        for (var i = 0; i < collections.Length + integers.Length + 1; i++)
        {
            if (await connection.ReadAsync(cancellationToken) is RespValue.Failure failure)
            {
                throw new IOException($"A snapshot was refused: {failure.Text}");
            }
        }

        if (await connection.ReadAsync(cancellationToken) is not RespValue.List { Items: var items } || items.Length != collections.Length + integers.Length)
        {
            throw new IOException("A snapshot was refused by EXEC.");
        }

        return (
            collections.Select((key, index) => KeyValuePair.Create(key, Elements(items[index]))),
            integers.Select((key, index) => KeyValuePair.Create(key, Integer(items[collections.Length + index]))));
    }

    private static ImmutableArray<long> Elements(RespValue value) => value is RespValue.List list
        ? [.. list.Items.Select(Integer)]
        : throw new InvalidOperationException($"A snapshot has {value} where elements belong.");

    private static long Integer(RespValue value) => value switch
    {
        RespValue.Bulk { Text: null } => 0,
        RespValue.Bulk { Text: { } text } => long.Parse(text, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"A snapshot has {value} where an integer belongs."),
    };
}
