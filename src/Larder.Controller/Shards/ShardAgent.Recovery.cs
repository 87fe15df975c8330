using Larder.Controller.Leadership;
using Larder.Controller.Nodes;
using Larder.Controller.Recovery;
using Larder.Model.Events;
using Larder.Model.Specs;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Shards;

/// <content>What happens before nodes start of which no process is left, or whose start failed.</content>
internal sealed partial class ShardAgent
{
    private static readonly string[] DataWords =
    [
        "Bad file format reading the append only file", "Unexpected end of file reading the append only file", "Short read or OOM loading DB",
        "Internal error in RDB", "Wrong signature trying to load DB", "Can't handle RDB format", "Fatal error loading the DB", "Wrong RDB checksum",
    ];

    private ColdStart? _cold;
    private bool _lostTold;
    private bool _unreachable;
    private long _assessedAt;

    /// <summary>How often the shard was started of which no node had any data, so that it began empty; the very first time, when there was nothing to lose, does not count.</summary>
    public int Losses { get; private set; }

    private bool IsNew => _leadership.Epoch == 0;

    /// <summary>Whether nodes may be started and elected now.</summary>
    private bool MayStart => _cold is not { MayStart: false };

    /// <summary>Looks at the copies on disk where no process is left, once for each time that this comes about.</summary>
    private async Task AssessAsync(CancellationToken cancellationToken)
    {
        if (Leader is not null && _confirmedPrimary is not null)
        {
            _cold = null;
            return;
        }

        if (_nodes.Any(node => node.Running))
        {
            return;
        }

        var refused = _nodes.Where(node => node.FailedStarts > 1 && node.HasData && RefusedItsData(node)).ToList();
        if (_cold is { MayStart: true } && refused.Count == 0)
        {
            return;
        }

        if (_cold is { MayStart: false } && !(_unreachable && _services.Clock.GetElapsedTime(_assessedAt) >= _services.Options.LongestBackOff))
        {
            return;
        }

        if (_nodes[0].Configuration.Persistence == PersistenceMode.Disabled)
        {
            // Only what an orderly stop has saved counts.
            var saved = _nodes.Any(node => File.Exists(node.Folders.StoppedMark));
            _cold = new ColdStart(MayStart: true, [], AllLost: !saved, saved ? "it was stopped in order" : "its data was in memory only");
            Losses += saved || IsNew ? 0 : 1;
            return;
        }

        var check = new CopyCheck(_services, _toolsFolder);
        var copies = new List<CopyFacts>();
        foreach (var node in _nodes)
        {
            // The engine's word is the last one: what passes here and does not start is damaged all the same.
            copies.Add(refused.Contains(node)
                ? new CopyFacts(node.Ordinal, CopyState.Damaged, $"node {node.Ordinal}: {node.Problem}")
                : await check.RunAsync(node, cancellationToken));
        }

        _assessedAt = _services.Clock.GetTimestamp();
        _unreachable = copies.Any(copy => copy.State == CopyState.Unreachable);
        _cold = ColdStart.Decide(copies);
        Losses += _cold.AllLost && !IsNew ? 1 : 0;
        Log.ColdStart(_logger, _cache, _shard, _cold.Reason);
        if (!_cold.MayStart && !_lostTold)
        {
            _lostTold = true;
            _services.Events.Append(new CacheEvent(EventKind.DataLost, _cache, $"Shard {_shard} of {_cache} cannot start: {_cold.Reason}.") { Shard = _shard });
        }

        if (copies.Max(copy => copy.SavedAt) is { } savedAt && !_nodes.Any(node => File.Exists(node.Folders.StoppedMark)))
        {
            // A process that was stopped in order has saved everything; here at least one has not.
            _services.Events.Append(new CacheEvent(
                EventKind.DataLost, _cache,
                $"All processes of shard {_shard} of {_cache} ended without saving. It goes on with the snapshot of {savedAt:u}; what was written after that is lost.")
            {
                Shard = _shard,
            });
        }

        if (_nodes.Any(node => node.EndedWithHost) && copies.Any(copy => copy is { State: CopyState.Good, SavedAt: null }))
        {
            var until = copies.Max(copy => copy.LoggedUntil) is { } stamp ? $" The newest entry of a log is of {stamp:u}." : "";
            _services.Events.Append(new CacheEvent(
                EventKind.DataLost, _cache,
                $"The machine ended while shard {_shard} of {_cache} ran. Logs are flushed each second: what was acknowledged in the last second before that may be lost.{until}")
            {
                Shard = _shard,
            });
        }

        foreach (var ordinal in _cold.SetAside)
        {
            SetAside(_nodes.First(node => node.Ordinal == ordinal), copies.First(copy => copy.Ordinal == ordinal).Problem);
        }
    }

    /// <summary>
    /// An election that gave data up: one node may have come back without any before the other ended, so that there never was a moment without a process.
    /// Counted before the winner is published, so that no client writes to what may be replaced.
    /// </summary>
    private void CountLoss(ElectionDecision decision, int winner)
    {
        if (decision.BeginsEmpty)
        {
            // Seen already where no process was left.
            Losses += _cold is { AllLost: true } ? 0 : 1;
        }
        else if (decision.Lossy)
        {
            Tell(EventKind.DataLost, winner, $"Shard {_shard} of {_cache} goes on without its newest data: {decision.Reason}. What was acknowledged after that is lost.");
        }
    }

    /// <summary>
    /// A node that may have the newest data and comes back while others run is looked at too, so that a log that only ends too early is cut and loads:
    /// the engine would refuse it.
    /// </summary>
    private async Task MendBeforeStartAsync(CancellationToken cancellationToken)
    {
        if (Leader is not null || _nodes[0].Configuration.Persistence == PersistenceMode.Disabled || !_nodes.Any(node => node.Running))
        {
            return;
        }

        var check = new CopyCheck(_services, _toolsFolder);
        foreach (var node in _nodes.Where(node => node is { Running: false, PortTaken: false, HasData: true } && node.UntilStart == TimeSpan.Zero))
        {
            var facts = await check.RunAsync(node, cancellationToken);
            if (facts.State is CopyState.Damaged)
            {
                Log.ReturnsDamaged(_logger, _cache, _shard, facts.Problem);
            }
        }
    }

    /// <summary>A node whose copy the engine does not load starts without it, while another one has loaded its own.</summary>
    private void SetAsideWhereItDoesNotStart()
    {
        if (_nodes[0].Configuration.Persistence == PersistenceMode.Disabled
            || !_nodes.Any(node => node.Evidence == Evidence.Memory || (node.Evidence == Evidence.Disk && node.Probe is { Loading: false })))
        {
            return;
        }

        foreach (var node in _nodes.Where(node => node is { Running: false, FailedStarts: > 1 } && node.HasData && RefusedItsData(node)))
        {
            SetAside(node, node.Problem);
        }
    }

    // What ended it is in its last words; a missing binary or a full disk must not cost a copy.
    private static bool RefusedItsData(NodeSupervisor node) => DataWords.Any(words => node.Problem.Contains(words, StringComparison.OrdinalIgnoreCase));

    private void SetAside(NodeSupervisor node, string problem)
    {
        var folder = node.SetDataAside();
        _services.Events.Append(new CacheEvent(
            EventKind.DataSetAside, _cache, $"Node {node.Ordinal} starts without the data that it had on disk, which is kept in '{folder}', and syncs from the primary: {problem}")
        {
            Shard = _shard,
            Node = node.Ordinal,
        });
    }

    private static partial class Log
    {
        [LoggerMessage(3110, LogLevel.Information, "Shard {Shard} of {Cache} has no process left: {Reason}.")]
        public static partial void ColdStart(ILogger logger, string cache, int shard, string reason);

        [LoggerMessage(3111, LogLevel.Warning, "Shard {Shard} of {Cache}: a copy does not pass its check; whether its engine loads it decides: {Problem}")]
        public static partial void ReturnsDamaged(ILogger logger, string cache, int shard, string problem);
    }
}
