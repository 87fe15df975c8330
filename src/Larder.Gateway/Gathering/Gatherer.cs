using System.Buffers;
using Larder.Gateway.Authentication;
using Larder.Gateway.Clusters;
using Larder.Gateway.Commands;
using Larder.Gateway.Lanes;
using Larder.Gateway.Relay;
using Larder.Gateway.Routing;
using Larder.Gateway.Sessions;
using Larder.Model.Routing;
using Larder.Model.Specs;

namespace Larder.Gateway.Gathering;

/// <summary>
/// Carries out one command at several shards for a session that has an engine connection of its own, over further connections that live as long as the command.
/// </summary>
/// <remarks>
/// <code>
///   MSET a 1 b 2 c 3 --&gt; parts by slot --+--&gt; shard 0: MSET a 1        +OK
///                                        +--&gt; shard 1: MSET b 2        -ASK …  --&gt; shard 2: ASKING, MSET b 2    +OK
///                                        +--&gt; shard 2: MSET c 3        +OK                                            --&gt; +OK
/// </code>
/// A part that its engine sends elsewhere, or says not to have executed, is given again within the hold limit. One whose reply is lost may have been executed:
/// it is given again only where that does no harm.
/// </remarks>
/// <param name="session">The session.</param>
/// <param name="cache">The cache.</param>
/// <param name="settings">What the client set.</param>
internal sealed class Gatherer(GatewaySession session, CacheRuntime cache, SessionSettings settings) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private int _conversations;
    private long _allowed;

    /// <summary>Whether something is at an engine that is not answered. Thread-safe.</summary>
    public bool IsBusy => Volatile.Read(ref _conversations) > 0;

    private FailoverSpec Policy => cache.Route.Failover;

    private GatherAllowance Allowance => session.Services.GatherAllowance;

    /// <summary>The session is to be closed: no reply is wanted any more. Thread-safe.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Carries the command out.</summary>
    /// <param name="plan">Its parts.</param>
    /// <param name="known">Which it is.</param>
    /// <returns>The reply, in pieces; <c>null</c> where the session is to be closed.</returns>
    public async Task<IEnumerable<ReadOnlyMemory<byte>>?> RunAsync(GatherPlan plan, KnownCommand known)
    {
        var started = session.Clock.GetTimestamp();
        while (!session.IsClosing)
        {
            var pending = plan.Parts.Where(part => !part.IsDone).ToList();
            if (pending.Count == 0)
            {
                return ReplyMerges.Apply(plan.Merge, [.. plan.Parts.Select(part => part.Reply!)]);
            }

            var results = await Task.WhenAll(pending.GroupBy(TargetOf).Select(group => ConverseAsync(group.Key, [.. group], known)));
            if (results.Contains(Outcome.TooLarge))
            {
                return [Replies.GatheredTooLarge.ToArray()];
            }

            if (results.Contains(Outcome.Close))
            {
                session.RequestClose(CloseReason.EngineClosed);
                return null;
            }

            if (!results.Contains(Outcome.Wait))
            {
                continue;
            }

            if (session.Clock.GetElapsedTime(started) >= cache.HoldLimit)
            {
                if (plan.Parts.Any(part => part is { IsDone: false, Reply: null }))
                {
                    session.Counters.HoldExpired();
                    session.RequestClose(CloseReason.NoPrimary);
                    return null;
                }

                foreach (var part in plan.Parts.Where(part => !part.IsDone))
                {
                    part.Finish(part.Reply!);
                }

                continue;
            }

            await cache.PulseAsync();
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Allowance.GiveBack(_allowed);
        _stop.Dispose();
    }

    private enum Outcome : byte
    {
        /// <summary>All parts are done, or know where else to go.</summary>
        GoOn,

        /// <summary>Parts are to be given again in a moment.</summary>
        Wait,

        /// <summary>The cache's choice is to close the connection of a client whose write may have been executed or not.</summary>
        Close,

        /// <summary>There is no memory for the replies.</summary>
        TooLarge,
    }

    private EngineAim TargetOf(GatherPart part) => part.Target ?? new EngineAim(null, part.Slot is { } slot ? cache.Cluster?.ShardOfSlot(slot) ?? session.Shard : session.Shard);

    private async Task<Outcome> ConverseAsync(EngineAim aim, IReadOnlyList<GatherPart> parts, KnownCommand known)
    {
        Interlocked.Increment(ref _conversations); // Before it is looked whether the shard is held: who holds it looks the other way round.
        try
        {
            if (cache.FindFresh(aim) is not { } primary || cache.IsHeld(aim))
            {
                return Outcome.Wait;
            }

            var handshake = new ArrayBufferWriter<byte>();
            WriteHandshake(handshake, primary);
            var (link, refusal) = await session.OpenLinkAsync(primary, new HandshakeOrder(handshake.WrittenMemory, Required: 1));
            if (link is null)
            {
                return refusal is null ? Outcome.Wait : Finish(parts, Replies.EngineRefused.ToArray());
            }

            using (link)
            {
                await using var stopping = _stop.Token.Register(link.Dispose);
                int? wait = cache.Route.Durability == DurabilityMode.Quorum && !IsRepeatable(known) ? Policy.QuorumTimeoutMs : null;
                var conversation = new Conversation(link, parts, wait, Allowance);
                await WatchAsync(aim, link, conversation.RunAsync());
                Interlocked.Add(ref _allowed, conversation.Allowed);
                return Judge(conversation, parts, known);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _conversations);
        }
    }

    /// <summary>What the client has set for its own connection is not needed, and an engine that is busy with a script would refuse it.</summary>
    private void WriteHandshake(ArrayBufferWriter<byte> output, PrimaryRoute primary)
    {
        if (settings.Protocol == 3)
        {
            LaneHandshake.Write(output, primary, settings.Protocol, session.Grant.User);
        }
        else
        {
            Credentials.WriteAuth(output, primary, session.Grant);
        }
    }

    /// <summary>Leaves an engine that is silent when there is another primary, or none for as long as one is waited for.</summary>
    private async Task WatchAsync(EngineAim aim, EngineLink link, Task conversation)
    {
        long? without = null;
        while (!conversation.IsCompleted)
        {
            await Task.WhenAny(conversation, cache.PulseAsync());
            var primary = cache.Find(aim);
            without = primary is not null ? null : without ?? session.Clock.GetTimestamp();
            if (primary is null ? session.Clock.GetElapsedTime(without!.Value) >= cache.HoldLimit : !link.LeadsTo(primary))
            {
                link.Dispose();
                break;
            }
        }

        await conversation;
    }

    private Outcome Judge(Conversation conversation, IReadOnlyList<GatherPart> parts, KnownCommand known)
    {
        if (conversation.IsRefused)
        {
            return Outcome.TooLarge;
        }

        var outcome = Outcome.GoOn;
        foreach (var (part, reply) in conversation.Replies)
        {
            if (cache.Cluster?.ReadRedirection(reply) is { } redirection && part.TryRedirect(reply, redirection.Shard, redirection.Asks))
            {
                session.Counters.Repeated(1);
            }
            else if (reply[0] == (byte)'-' && Policy.RetryNotExecuted && NotExecuted.IsTold(reply.AsSpan(1)))
            {
                part.Refuse(reply);
                session.Counters.Repeated(1);
                outcome = Outcome.Wait;
            }
            else if (reply[0] == (byte)'-' || conversation.IsAcknowledged)
            {
                part.Finish(NotExecuted.IsRedirection(reply.AsSpan(1)) ? Replies.SlotMoving.ToArray() : reply);
            }
            else
            {
                session.Counters.NotAcknowledged();
                part.Finish(Replies.NotAcknowledged.ToArray());
            }
        }

        foreach (var part in parts.Skip(conversation.Replies.Count))
        {
            outcome = outcome == Outcome.Close ? outcome : Outcome.Wait;
            if (!part.IsSent || IsRepeatable(known))
            {
                part.IsSent = false;
            }
            else if (Policy.UncertainWrites == UncertainWrites.Close)
            {
                outcome = Outcome.Close;
            }
            else
            {
                session.Counters.Uncertain(1);
                part.Finish(Replies.Uncertain.ToArray());
            }
        }

        return outcome;
    }

    /// <summary>Whether it can be given twice: it only reads, or what it does to scripts and subscriptions is the same the second time.</summary>
    private bool IsRepeatable(KnownCommand known) => known.Name is "script" or "pubsub" || (known.Effect == CommandEffect.Reads && Policy.RetryReads);

    private static Outcome Finish(IReadOnlyList<GatherPart> parts, byte[] reply)
    {
        foreach (var part in parts)
        {
            part.Finish(reply);
        }

        return Outcome.GoOn;
    }
}
