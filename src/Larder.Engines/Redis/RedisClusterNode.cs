using System.Globalization;
using System.Net.Sockets;
using Larder.Engines.Client;
using Larder.Engines.Clusters;
using Larder.Engines.Copying;

namespace Larder.Engines.Redis;

/// <summary>A running Redis or Valkey node of a cluster.</summary>
/// <param name="configuration">The node.</param>
/// <param name="time">The clock of the deadlines.</param>
internal sealed class RedisClusterNode(NodeConfiguration configuration, TimeProvider time) : IClusterNode
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);

    // The node does nothing else while it waits for the other one.
    private static readonly TimeSpan MigrateTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MoveTimeout = TimeSpan.FromSeconds(30);

    private readonly string _name = NodeName.Of(configuration);
    private readonly AdminConnection _connection = new(
        new UnixDomainSocketEndPoint(configuration.SocketPath), configuration.InternalUser, NodeName.Of(configuration), time);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private ByteConnection? _keys;

    public async Task<ClusterView> LookAsync(CancellationToken cancellationToken)
    {
        var replies = await CallAsync([["CLUSTER", "NODES"], ["CLUSTER", "INFO"]], cancellationToken);
        return ClusterView.Parse(replies[0].Text, replies[1].Text);
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

        var commands = ClaimCommands.Of(view, claim);
        if (commands.Count > 0)
        {
            var replies = await CallAsync([["MULTI"], .. commands, ["EXEC"]], cancellationToken);
            if (replies[^1].Items.FirstOrDefault(reply => reply.IsError) is { } refused)
            {
                throw Refused("its slots", refused);
            }
        }
    }

    public Task AssignAsync(IReadOnlyList<int> slots, string nodeId, CancellationToken cancellationToken) => slots.Count == 0 ? Task.CompletedTask
        : CallAsync([.. slots.Select(slot => new[] { "CLUSTER", "SETSLOT", Text(slot), "NODE", nodeId })], cancellationToken);

    public Task SettleAsync(IReadOnlyList<int> slots, CancellationToken cancellationToken) => slots.Count == 0 ? Task.CompletedTask
        : CallAsync([.. slots.Select(slot => new[] { "CLUSTER", "SETSLOT", Text(slot), "STABLE" })], cancellationToken);

    public async Task<MovedKeys> MoveKeysAsync(int slot, ClusterPeer target, MoveLimits most, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(MoveTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await _turn.WaitAsync(either.Token);
        try
        {
            _keys ??= await ByteConnection.OpenAsync(configuration, either.Token);
            return await MoveAsync(_keys, slot, target, most, either.Token);
        }
        catch (Exception exception)
        {
            // Replies may be left unread.
            _keys?.Dispose();
            _keys = null;
            throw exception switch
            {
                OperationCanceledException when !cancellationToken.IsCancellationRequested =>
                    new EngineException(EngineFailure.TimedOut, $"{_name} did not move keys of slot {slot} within {MoveTimeout.TotalSeconds:0} s.", exception),
                SocketException => new EngineException(EngineFailure.Unreachable, $"{_name} takes no connection: {exception.Message}.", exception),
                _ => exception,
            };
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _turn.WaitAsync();
        _keys?.Dispose();
        _keys = null;
        _turn.Release();
    }

    private async Task<MovedKeys> MoveAsync(ByteConnection connection, int slot, ClusterPeer target, MoveLimits most, CancellationToken cancellationToken)
    {
        var listed = (await connection.CallAsync(
            [[ByteConnection.Text("CLUSTER"), ByteConnection.Text("GETKEYSINSLOT"), ByteConnection.Text(slot), ByteConnection.Text(most.Keys)]], cancellationToken))[0];
        var keys = ((object?[])listed!).Select(key => (byte[])key!).ToList();
        if (keys.Count == 0)
        {
            return default;
        }

        var sizes = await connection.CallAsync(
            [.. keys.Select(key => new[] { ByteConnection.Text("MEMORY"), ByteConnection.Text("USAGE"), key })], cancellationToken);
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
        byte[][] command =
        [
            .. new[] { "MIGRATE", target.Address, Text(target.Port), string.Empty, "0", Text((int)MigrateTimeout.TotalMilliseconds), "REPLACE", "AUTH2", user.Name, user.Password.Reveal(), "KEYS" }
                .Select(ByteConnection.Text),
            .. keys.Take(taken),
        ];
        await connection.CallAsync([command], cancellationToken);
        return new MovedKeys(taken, bytes);
    }

    private async Task<IReadOnlyList<Reply>> CallAsync(IReadOnlyList<IReadOnlyList<string>> commands, CancellationToken cancellationToken)
    {
        var replies = await _connection.CallAsync(CommandTimeout, commands, cancellationToken);
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
