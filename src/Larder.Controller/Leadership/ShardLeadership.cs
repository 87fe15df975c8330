using System.Collections.Immutable;
using Larder.Model.Routing;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Controller.Leadership;

/// <summary>
/// One agent's hold on a shard's leader key. Used by one loop at a time.
/// </summary>
/// <remarks>
/// <code>
/// leader key   bound to the lease: gone when the lease ends
/// epoch key    stays: an epoch is never used twice
///
/// acquire      grant lease, then ONE transaction: leader key absent, epoch as read  ->  leader key (lease), epoch + 1
/// renew        keep-alive; the gateway's view may be used until (time BEFORE the keep-alive was sent) + view bound
/// release      withdraw the view first, then revoke the lease
/// </code>
/// Counting from before the keep-alive makes the view end before the lease does, whatever the store's delay.
/// </remarks>
/// <param name="store">The control store.</param>
/// <param name="cache">The cache.</param>
/// <param name="shard">The shard.</param>
/// <param name="host">This host's name.</param>
/// <param name="options">The times.</param>
/// <param name="clock">The clock; its timestamps are what views are measured in.</param>
internal sealed class ShardLeadership(
    IControlStore store, string cache, int shard, string host, AgentOptions options, TimeProvider clock)
{
    private readonly string _leaderKey = StoreKeys.Leader(cache, shard);
    private readonly string _epochKey = StoreKeys.Epoch(cache, shard);
    private long _leaseId;
    private long _lastRenewal;

    /// <summary>The newest epoch that this agent knows; 0 before the first election.</summary>
    public long Epoch { get; private set; }

    /// <summary>The node elected in <see cref="Epoch"/>, or <c>null</c> before the first election.</summary>
    public int? LastPrimary { get; private set; }

    /// <summary>The nodes that have the newest generation of the data; empty before the first election.</summary>
    public ImmutableArray<int> Newest { get; private set; } = [];

    /// <summary>The newest epoch that began without the newest generation; 0 where none did.</summary>
    public long LossySince { get; private set; }

    /// <summary>The node that this agent holds the leader key for, or <c>null</c>.</summary>
    public int? Held { get; private set; }

    /// <summary>Until when gateways may use the view of the leader; <c>null</c> while none is held.</summary>
    public ViewDeadline? View { get; private set; }

    /// <summary>Whether the lease must have ended: it was not renewed for its whole duration.</summary>
    public bool LeaseOver => Held is not null && clock.GetElapsedTime(_lastRenewal) >= options.LeaseDuration;

    /// <summary>
    /// Reads the keys. Where the leader key names this host, its lease is taken over: the daemon was started anew and its nodes ran on.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where another host holds the leader key.</returns>
    public async Task<bool> LoadAsync(CancellationToken cancellationToken)
    {
        var epoch = await store.GetAsync(_epochKey, cancellationToken);
        if (epoch is not null)
        {
            Know(StoreCodec.Decode<EpochDocument>(_epochKey, epoch.Value, DocumentSchemas.Current));
        }

        var leader = await store.GetAsync(_leaderKey, cancellationToken);
        if (leader is null)
        {
            return true;
        }

        var held = StoreCodec.Decode<LeaderDocument>(_leaderKey, leader.Value, DocumentSchemas.Current);
        if (held.Host != host)
        {
            return false;
        }

        var asked = clock.GetTimestamp();
        if (await store.KeepAliveAsync(leader.LeaseId, cancellationToken))
        {
            Take(leader.LeaseId, held.Ordinal, asked);
        }

        return true;
    }

    /// <summary>Tries to take the leader key for a node, under a new epoch.</summary>
    /// <param name="ordinal">The node.</param>
    /// <param name="newest">Who has the same data as it, besides itself.</param>
    /// <param name="lossy">Whether it lacks the newest generation of the data.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where somebody else was faster, or the old key still lives.</returns>
    public async Task<bool> TryAcquireAsync(int ordinal, IEnumerable<int> newest, bool lossy, CancellationToken cancellationToken)
    {
        var asked = clock.GetTimestamp();
        var lease = await store.GrantLeaseAsync(options.LeaseDuration, cancellationToken);
        var current = await store.GetAsync(_epochKey, cancellationToken);
        var before = current is null ? new EpochDocument(0, ordinal) : StoreCodec.Decode<EpochDocument>(_epochKey, current.Value, DocumentSchemas.Current);
        var epoch = 1 + before.Epoch;
        var next = new EpochDocument(epoch, ordinal)
        {
            InSync = [.. newest.Append(ordinal).Distinct().Order()],
            LossySince = lossy ? epoch : before.LossySince,
        };
        var result = await store.CommitAsync(
            StoreTransaction.Empty
                .IfAbsent(_leaderKey)
                .IfRevision(_epochKey, current?.Revision ?? 0)
                .Put(_leaderKey, StoreCodec.Encode(new LeaderDocument(ordinal, epoch, host), DocumentSchemas.Current), lease)
                .Put(_epochKey, StoreCodec.Encode(next, DocumentSchemas.Current)),
            cancellationToken);
        if (!result.Committed)
        {
            await store.RevokeLeaseAsync(lease, cancellationToken);
            return false;
        }

        Know(next);
        Take(lease, ordinal, asked);
        return true;
    }

    /// <summary>Renews the lease and moves the view forward. Call it only after the primary has answered.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where the lease has ended: leadership is lost.</returns>
    public async Task<bool> RenewAsync(CancellationToken cancellationToken)
    {
        var asked = clock.GetTimestamp();
        if (!await store.KeepAliveAsync(_leaseId, cancellationToken))
        {
            Drop();
            return false;
        }

        _lastRenewal = asked;
        View?.Set(asked + ToTimestamp(options.ViewBound));
        return true;
    }

    /// <summary>
    /// Gives the leader key to another node of this host, under a new epoch and the same lease. The view is withdrawn before, so that no gateway
    /// writes to the old node any more when this returns.
    /// </summary>
    /// <param name="ordinal">The node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where the keys are not as this agent left them; then the old node is still the one that counts, if anything is held.</returns>
    public async Task<bool> TransferAsync(int ordinal, CancellationToken cancellationToken)
    {
        var asked = clock.GetTimestamp();
        var lease = _leaseId;
        var leader = await store.GetAsync(_leaderKey, cancellationToken);
        var current = await store.GetAsync(_epochKey, cancellationToken);
        if (leader is null || current is null || leader.LeaseId != lease || lease == 0)
        {
            return false;
        }

        View?.Set(long.MinValue);
        var before = StoreCodec.Decode<EpochDocument>(_epochKey, current.Value, DocumentSchemas.Current);
        var epoch = 1 + before.Epoch;
        var next = before with { Epoch = epoch, Primary = ordinal, InSync = [.. before.InSync.Append(ordinal).Distinct().Order()] };
        var result = await store.CommitAsync(
            StoreTransaction.Empty
                .IfRevision(_leaderKey, leader.Revision)
                .IfRevision(_epochKey, current.Revision)
                .Put(_leaderKey, StoreCodec.Encode(new LeaderDocument(ordinal, epoch, host), DocumentSchemas.Current), lease)
                .Put(_epochKey, StoreCodec.Encode(next, DocumentSchemas.Current)),
            cancellationToken);
        if (!result.Committed)
        {
            return false;
        }

        Know(next);
        Take(lease, ordinal, asked);
        return true;
    }

    /// <summary>Records who has the newest generation of the data. Does nothing where that is recorded already, or the leader key is not held.</summary>
    /// <param name="newest">The primary and the replicas that are in sync with it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task RecordNewestAsync(ImmutableArray<int> newest, CancellationToken cancellationToken)
    {
        if (Held is null || newest.SequenceEqual(Newest) || await store.GetAsync(_epochKey, cancellationToken) is not { } current)
        {
            return;
        }

        var before = StoreCodec.Decode<EpochDocument>(_epochKey, current.Value, DocumentSchemas.Current);
        var next = before with { InSync = newest };
        if (before.Epoch == Epoch && (await store.CommitAsync(
            StoreTransaction.Empty.IfRevision(_epochKey, current.Revision).Put(_epochKey, StoreCodec.Encode(next, DocumentSchemas.Current)),
            cancellationToken)).Committed)
        {
            Know(next);
        }
    }

    /// <summary>Gives the leader key up at once: no gateway writes any more when this returns, and another node may be elected.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        if (Held is null)
        {
            return;
        }

        var lease = _leaseId;
        Drop();
        await store.RevokeLeaseAsync(lease, cancellationToken);
    }

    /// <summary>Forgets the hold without telling the store: the lease ends by itself.</summary>
    public void Drop()
    {
        View?.Set(long.MinValue);
        View = null;
        Held = null;
        _leaseId = 0;
    }

    private void Know(EpochDocument document) =>
        (Epoch, LastPrimary, Newest, LossySince) = (document.Epoch, document.Primary, document.InSync, document.LossySince);

    private void Take(long lease, int ordinal, long asked)
    {
        _leaseId = lease;
        _lastRenewal = asked;
        Held = ordinal;
        View = new ViewDeadline(asked + ToTimestamp(options.ViewBound));
    }

    private long ToTimestamp(TimeSpan span) => (long)(span.TotalSeconds * clock.TimestampFrequency);
}
