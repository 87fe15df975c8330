using System.Globalization;
using System.Net.Sockets;
using Larder.Engines.Client;
using Larder.Engines.Clusters;
using Larder.Engines.Copying;

namespace Larder.Engines.Redis;

/// <summary>A running Redis or Valkey node of a cluster.</summary>
/// <param name="configuration">The node.</param>
/// <param name="dialect">What its engine understands.</param>
/// <param name="time">The clock of the deadlines.</param>
internal sealed class RedisClusterNode(NodeConfiguration configuration, RedisDialect dialect, TimeProvider time) : IClusterNode
{
    // The rest of a node's memory is its reserve.
    private const int DataPercent = 80;

    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);

    // The node does nothing else while it waits for the other one.
    private static readonly TimeSpan MigrateTimeout = TimeSpan.FromSeconds(1);
    private const int KeysPerOrder = 64;
    private static readonly TimeSpan MoveTimeout = TimeSpan.FromSeconds(30);

    private readonly string _name = NodeName.Of(configuration);
    private readonly AdminConnection _connection = new(
        new UnixDomainSocketEndPoint(configuration.SocketPath), configuration.InternalUser, NodeName.Of(configuration), time);

    // Where each order waits for the replicas, several wait at the same time.
    private readonly AdminConnection[] _more = [.. Enumerable.Range(0, dialect.AwaitsReplicasForSlots ? 15 : 0).Select(_ => new AdminConnection(
        new UnixDomainSocketEndPoint(configuration.SocketPath), configuration.InternalUser, NodeName.Of(configuration), time))];

    private readonly SemaphoreSlim _turn = new(1, 1);
    private ByteConnection? _keys;

    public async Task<ClusterView> LookAsync(CancellationToken cancellationToken)
    {
        var replies = await CallAsync([["CLUSTER", "NODES"], ["CLUSTER", "INFO"]], cancellationToken);
        return ClusterView.Parse(replies[0].Text, replies[1].Text);
    }

    public async Task<ClusterEpochs> ReadEpochsAsync(CancellationToken cancellationToken)
    {
        var info = (await CallAsync([["CLUSTER", "INFO"]], cancellationToken))[0].Text;
        return new ClusterEpochs(Epoch("cluster_current_epoch:"), Epoch("cluster_my_epoch:"));

        long Epoch(string field) =>
            info.Split('\n').FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) is { } line
            && long.TryParse(line.AsSpan(field.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
                ? epoch
                : throw new EngineException(EngineFailure.ProtocolViolation, $"{_name} does not tell the epochs of its cluster: '{info}'.");
    }

    public Task MeetAsync(ClusterPeer peer, CancellationToken cancellationToken) =>
        CallAsync([["CLUSTER", "MEET", peer.Address, Text(peer.Port), Text(peer.BusPort)]], cancellationToken);

    public async Task ForgetAsync(string nodeId, CancellationToken cancellationToken)
    {
        var reply = (await _connection.CallAsync(CommandTimeout, [["CLUSTER", "FORGET", nodeId]], cancellationToken))[0];
        if (reply.IsError && !reply.IsErrorWith("unknown node"))
        {
            throw Refused("CLUSTER FORGET", reply);
        }
    }

    public async Task HoldAsync(ClusterClaim claim, CancellationToken cancellationToken)
    {
        var view = await LookAsync(cancellationToken);
        if (view.Myself.IsReplica)
        {
            throw new EngineException(EngineFailure.Refused, $"{_name} is a replica and holds no slots.");
        }

        await ClaimAsync(ClaimCommands.Of(view, claim), cancellationToken);
    }

    public Task TakeAsync(IReadOnlyList<int> slots, string nodeId, CancellationToken cancellationToken) =>
        ClaimAsync(ClaimCommands.OfArrived(slots, nodeId), cancellationToken);

    public Task AssignAsync(IReadOnlyList<int> slots, string nodeId, CancellationToken cancellationToken) => slots.Count == 0 ? Task.CompletedTask
        : OrderAsync([.. slots.Select(slot => new[] { "CLUSTER", "SETSLOT", Text(slot), "NODE", nodeId })], cancellationToken);

    public Task OpenReserveAsync(bool open, CancellationToken cancellationToken)
    {
        var bytes = open ? configuration.MaxMemoryBytes / DataPercent * 100 : configuration.MaxMemoryBytes;
        return CallAsync([["CONFIG", "SET", "maxmemory", bytes.ToString(CultureInfo.InvariantCulture)]], cancellationToken);
    }

    public Task<MovedKeys> MoveKeysAsync(IReadOnlyList<int> slots, ClusterPeer target, MoveLimits most, CancellationToken cancellationToken) =>
        WithBytesAsync("move keys", (connection, token) => MoveAsync(connection, slots, target, most, token), cancellationToken);

    public Task<byte[]> ReadFunctionsAsync(CancellationToken cancellationToken) => WithBytesAsync(
        "give its functions", async (connection, token) => (byte[])(await connection.CallAsync([["FUNCTION"u8.ToArray(), "DUMP"u8.ToArray()]], token))[0]!, cancellationToken);

    public Task WriteFunctionsAsync(byte[] libraries, CancellationToken cancellationToken) => WithBytesAsync(
        "take functions",
        (connection, token) => connection.CallAsync([["FUNCTION"u8.ToArray(), "RESTORE"u8.ToArray(), libraries, "FLUSH"u8.ToArray()]], token),
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        foreach (var connection in _more)
        {
            await connection.DisposeAsync();
        }

        await _turn.WaitAsync();
        _keys?.Dispose();
        _keys = null;
        _turn.Release();
    }

    private async Task<T> WithBytesAsync<T>(string what, Func<ByteConnection, CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(MoveTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await _turn.WaitAsync(either.Token);
        try
        {
            _keys ??= await ByteConnection.OpenAsync(configuration, either.Token);
            return await action(_keys, either.Token);
        }
        catch (Exception exception)
        {
            // Replies may be left unread.
            _keys?.Dispose();
            _keys = null;
            throw exception switch
            {
                OperationCanceledException when !cancellationToken.IsCancellationRequested =>
                    new EngineException(EngineFailure.TimedOut, $"{_name} did not {what} within {MoveTimeout.TotalSeconds:0} s.", exception),
                SocketException => new EngineException(EngineFailure.Unreachable, $"{_name} takes no connection: {exception.Message}.", exception),
                _ => exception,
            };
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<MovedKeys> MoveAsync(
        ByteConnection connection, IReadOnlyList<int> slots, ClusterPeer target, MoveLimits most, CancellationToken cancellationToken)
    {
        var keys = await ListAsync(connection, slots, most.Keys, cancellationToken);
        if (keys.Count == 0)
        {
            return default;
        }

        var sizes = await connection.CallAsync(
            [.. keys.Select(key => new[] { ByteConnection.Text("MEMORY"), ByteConnection.Text("USAGE"), key.Key })], cancellationToken);
        var (taken, bytes) = (0, 0L);
        foreach (var size in sizes.Select(size => size as long? ?? 0))
        {
            if (taken > 0 && bytes + size > most.Bytes)
            {
                break;
            }

            (taken, bytes) = (taken + 1, bytes + size);
        }

        var user = configuration.InternalUser;
        byte[][] order = [.. new[]
        {
            "MIGRATE", target.Address, Text(target.Port), string.Empty, "0", Text((int)MigrateTimeout.TotalMilliseconds), "REPLACE", "AUTH2", user.Name, user.Password.Reveal(), "KEYS",
        }.Select(ByteConnection.Text)];

        // One command takes keys of one slot only. What is sent at once is executed at once, and nobody served in between.
        foreach (var some in keys.Take(taken).GroupBy(key => key.Slot).SelectMany(slot => slot.Chunk(KeysPerOrder)))
        {
            await connection.CallAsync([[.. order, .. some.Select(key => key.Key)]], cancellationToken);
        }

        return new MovedKeys(taken, bytes);
    }

    private static async Task<List<(int Slot, byte[] Key)>> ListAsync(ByteConnection connection, IReadOnlyList<int> slots, int most, CancellationToken cancellationToken)
    {
        var counts = await connection.CallAsync([.. slots.Select(slot => Cluster("COUNTKEYSINSLOT", slot))], cancellationToken);
        var asked = new List<(int Slot, byte[][] Command)>();
        var left = most;
        foreach (var (slot, count) in slots.Zip(counts.Select(count => (long)count!)).Where(pair => pair.Second > 0).TakeWhile(_ => left > 0))
        {
            var wanted = (int)Math.Min(count, left);
            asked.Add((slot, [.. Cluster("GETKEYSINSLOT", slot), ByteConnection.Text(wanted)]));
            left -= wanted;
        }

        var listed = await connection.CallAsync([.. asked.Select(one => one.Command)], cancellationToken);
        return [.. asked.Zip(listed).SelectMany(pair => ((object?[])pair.Second!).Select(key => (pair.First.Slot, (byte[])key!)))];
    }

    private static byte[][] Cluster(string verb, int slot) => [ByteConnection.Text("CLUSTER"), ByteConnection.Text(verb), ByteConnection.Text(slot)];

    private async Task ClaimAsync(IReadOnlyList<IReadOnlyList<string>> commands, CancellationToken cancellationToken)
    {
        var single = commands.Where(command => command is [_, "SETSLOT", ..]).ToList();
        var replies = await CallAsync([.. commands.Except(single)], cancellationToken);
        if (replies.SelectMany(reply => reply.Items).FirstOrDefault(reply => reply.IsError) is { } refused)
        {
            throw Refused("its slots", refused);
        }

        await OrderAsync(single, cancellationToken);
    }

    private async Task OrderAsync(IReadOnlyList<IReadOnlyList<string>> commands, CancellationToken cancellationToken)
    {
        AdminConnection[] connections = [_connection, .. _more];
        await Task.WhenAll(commands
            .Select((command, index) => (Command: command, Connection: connections[index % connections.Length]))
            .GroupBy(one => one.Connection)
            .Select(group => CallAsync(group.Key, [.. group.Select(one => one.Command)], cancellationToken)));
    }

    private Task<IReadOnlyList<Reply>> CallAsync(IReadOnlyList<IReadOnlyList<string>> commands, CancellationToken cancellationToken) =>
        CallAsync(_connection, commands, cancellationToken);

    private async Task<IReadOnlyList<Reply>> CallAsync(
        AdminConnection connection, IReadOnlyList<IReadOnlyList<string>> commands, CancellationToken cancellationToken)
    {
        var replies = await connection.CallAsync(CommandTimeout, commands, cancellationToken);
        for (var index = 0; index < replies.Count; index++)
        {
            if (replies[index].IsError)
            {
                throw Refused(string.Join(' ', commands[index].Take(2)), replies[index]);
            }
        }

        return replies;
    }

    private EngineException Refused(string what, Reply reply) => new(EngineFailure.Refused, $"{_name} refused {what}: {reply.Text}.");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
