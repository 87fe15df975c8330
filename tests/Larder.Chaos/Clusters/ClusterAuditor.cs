using System.Collections.Immutable;
using System.Net.Sockets;
using System.Security.Authentication;
using Larder.Chaos.Clients;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Clusters;

/// <summary>Reads all data of the workloads, each group of keys in a transaction of its own: a snapshot is of one moment for each group.</summary>
/// <param name="endpoint">Where to read: the port for clients that know nothing of shards.</param>
/// <param name="workloads">The keys.</param>
/// <param name="recorder">Where snapshots are taken down.</param>
/// <param name="clock">The clock of the deadline.</param>
public sealed class ClusterAuditor(ClientEndpoint endpoint, ClusterWorkloads workloads, HistoryRecorder recorder, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(20);

    /// <summary>Takes a snapshot. A group whose slot moves meanwhile is read again, since that changes nothing.</summary>
    /// <param name="cancellationToken">Ends the attempts.</param>
    /// <exception cref="OperationCanceledException">It did not succeed within a minute.</exception>
    public async Task<Snapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var began = recorder.Now;
        var collections = ImmutableDictionary.CreateBuilder<string, ImmutableArray<long>>();
        var integers = ImmutableDictionary.CreateBuilder<string, long>();
        RespConnection? connection = null;
        try
        {
            foreach (var group in workloads.Keys)
            {
                while (true)
                {
                    try
                    {
                        connection ??= await RespConnection.OpenAsync(endpoint, both.Token);
                        var read = await Auditor.ReadAsync(connection, group.Collections, group.Integers, both.Token);
                        collections.AddRange(read.Collections);
                        integers.AddRange(read.Integers);
                        break;
                    }
                    catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException)
                    {
                        if (connection is not null)
                        {
                            await connection.DisposeAsync();
                            connection = null;
                        }

                        await Task.Delay(BackOff, clock, both.Token);
                    }
                }
            }
        }
        finally
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }

        var snapshot = new Snapshot(began, recorder.Now, collections.ToImmutable(), integers.ToImmutable());
        recorder.Add(snapshot);
        return snapshot;
    }
}
