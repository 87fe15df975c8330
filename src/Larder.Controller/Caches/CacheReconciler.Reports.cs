using System.Collections.Immutable;
using Larder.Controller.Backups;
using Larder.Controller.Clusters;
using Larder.Controller.Shards;
using Larder.Model.Operations;
using Larder.Model.Routing;
using Larder.Model.Specs;
using Larder.Model.Status;
using Larder.Store;
using Larder.Store.Documents;

namespace Larder.Controller.Caches;

/// <content>What others are told: the gateway its route, users the state and the progress of what they asked for.</content>
internal sealed partial class CacheReconciler
{
    private void Publish(CacheDocument document, CacheSecrets secrets)
    {
        var spec = document.Spec;
        var certificate = _services.Certificates.Find(spec);
        if (certificate.Problem.Length > 0 && certificate.Problem != _certificateProblem)
        {
            Log.CertificateKept(_services.Logger, _cache, certificate.Problem);
        }

        _certificateProblem = certificate.Problem;
        var snapshots = _agents.Select(agent => agent.Snapshot).ToImmutableArray();
        var closed = _transfers.HoldsClients || _loss.IsOpen(_agents);
        var hold = _transfers.Hold;

        // A user is let in when the engines have it: until then those count that are not new.
        _routeIsComplete = !_agents.Any(agent => agent.ReplanPending);
        var users = secrets.Users.Where(user => spec.Access.Users.ContainsKey(user.Name)
            && (_routeIsComplete || _route?.Users.Any(known => known.Name == user.Name) == true));
        var route = new CacheRoute
        {
            Cache = spec.Name,
            HostNames = [CacheEndpoints.HostName(spec, _services.Host)],
            Listen = CacheEndpoints.Listen(spec, _services.Host, snapshots.SelectMany(snapshot => snapshot.Nodes).Select(node => node.Ordinal)),
            Certificate = certificate.Served.Certificate,
            CertificateChain = certificate.Served.Chain,
            AccessKeys = secrets.AccessKeys,
            Users = [.. users],
            Firewall = spec.Firewall.ToRanges(),
            MaxClients = CapacitySizes.MaxClients(spec.Redis.Capacity),
            Durability = spec.Durability,
            Failover = spec.Failover,
            IsClustered = spec.Cluster.EnableCluster,
            Primary = closed || _clustering.IsClosed || spec.Cluster.EnableCluster ? null : snapshots[0].Primary,
            Shards = closed || _cluster.Published is not { } cluster ? [] : ShardRoutes.Of(snapshots, cluster.Map, hold.Closed || _clustering.IsClosed),
        };
        if (_route is not { } before || !RouteComparer.Same(before, route))
        {
            _route = route;
            _changed();
        }

        hold.Tell();
    }

    /// <summary>Tells status and progress; ends the operation where the cache is as wanted, or where that cannot be reached.</summary>
    private async Task<bool> ReportAsync(CacheDocument document, long revision, ObservedDocument observed, CancellationToken cancellationToken)
    {
        var snapshots = _agents.Select(agent => agent.Snapshot).ToImmutableArray();
        var listeners = _route!.Listen.Select(_services.Gateway.ListenerProblem).ToImmutableArray();
        var closed = listeners.FirstOrDefault(problem => !string.IsNullOrEmpty(problem));
        var nodesReady = snapshots.All(snapshot => snapshot.Ready);
        var scaling = _scaling.Progress();
        var ready = nodesReady && scaling is null && !_clustering.IsUnderWay && _cluster.Problem.Length == 0 && listeners.All(problem => problem == "") && !_agents.Any(agent => agent.ReplanPending) && _routeIsComplete;
        if (ready && observed.ReadyGeneration < document.Generation)
        {
            observed = new ObservedDocument(document.Generation, observed.FirstReadyAt ?? _services.Clock.GetUtcNow());
            await WriteAsync(StoreKeys.Observed(_cache), observed, cancellationToken);
            _history.Reached(document.Spec.Name, document.Generation);
        }

        var problem = closed ?? snapshots.FirstOrDefault(snapshot => !snapshot.Ready)?.Outcome ?? scaling?.Phase ?? _clustering.Progress()?.Phase ?? (_cluster.Problem.Length > 0 ? _cluster.Problem : _certificateProblem);
        var node = (await _placement.FindAsync(_cache, cancellationToken))[0];
        var state = ready ? CacheState.Ready
            : observed.FirstReadyAt is null ? CacheState.Creating
            : observed.ReadyGeneration < document.Generation ? CacheState.Updating
            : CacheState.Degraded;
        _history.Observe(document.Spec.Name, state, problem, settled: snapshots.All(snapshot => snapshot.Looked));
        if (state != _status.State)
        {
            Log.StateChanged(_services.Logger, _cache, state, problem.Length == 0 ? "all is as wanted" : problem);
        }

        _status = new CacheStatus
        {
            State = state,
            Message = problem,
            ObservedGeneration = observed.ReadyGeneration,
            Engine = node.Engine.ToString().ToLowerInvariant(),
            Version = node.Version,
            Backup = _backup,
            Scaling = scaling?.Status,
            Alarms = [.. snapshots.SelectMany(snapshot => snapshot.Alarms), .. _backup is { Overdue: true } backup ? [BackupAlarm.Of(document.Spec.Name, backup)] : (string[])[]],
        };

        // The status first: whoever hears that the operation has ended must see what it has reached.
        if (ready)
        {
            await _services.Operations.SucceedAsync(document.OperationId, "ready", cancellationToken);
        }
        else if (observed.FirstReadyAt is null && snapshots.Any(snapshot => snapshot.FailedStarts >= StartsBeforeGivingUp))
        {
            var failing = snapshots.First(snapshot => snapshot.FailedStarts >= StartsBeforeGivingUp);
            return await AbandonAsync(document, revision, $"the engine does not start: {failing.StartProblem}", cancellationToken);
        }
        else
        {
            await TellProgressAsync(document, snapshots, nodesReady, closed, cancellationToken);
        }

        return true;
    }

    private async Task TellProgressAsync(
        CacheDocument document, ImmutableArray<ShardSnapshot> snapshots, bool nodesReady, string? closed, CancellationToken cancellationToken)
    {
        if (await _services.Operations.FindAsync(document.OperationId, cancellationToken) is not { State: OperationState.Running } operation)
        {
            return;
        }

        if ((_clustering.Progress() ?? (_scaling.Progress() is { } scaling ? (scaling.Status.Percent, scaling.Phase) : null)) is { } under)
        {
            _deadlineFrom = _services.Clock.GetUtcNow();
            await _services.Operations.ReportAsync(document.OperationId, under.Percent, under.Phase, cancellationToken);
            return;
        }

        var from = operation.StartedAt > _deadlineFrom ? operation.StartedAt : _deadlineFrom;
        if (_services.Clock.GetUtcNow() - from > _services.Options.OperationDeadline)
        {
            var reason = closed ?? snapshots.FirstOrDefault(snapshot => !snapshot.Ready)?.Outcome ?? _cluster.Problem;
            await _services.Operations.FailAsync(
                document.OperationId,
                new OperationError("timed_out", $"{_cache} was not ready after {_services.Options.OperationDeadline}: {reason}. It is being worked on still; see `larder show {_cache}`.", Undone: false),
                cancellationToken);
            return;
        }

        var primaries = snapshots.Count(snapshot => snapshot.Primary is not null);
        var (percent, phase) = closed is not null ? (95, closed)
            : nodesReady ? _cluster.Problem.Length > 0 ? (80, "the nodes agree on who has which slots") : (90, "opening the endpoint")
            : primaries == snapshots.Length ? (60, "replicas are syncing")
            : (30, "electing primaries");
        await _services.Operations.ReportAsync(document.OperationId, percent, phase, cancellationToken);
    }

    /// <summary>A creation that cannot succeed is undone: its fault lies in what was asked, and nothing of it shall stay.</summary>
    private async Task<bool> AbandonAsync(CacheDocument document, long revision, string reason, CancellationToken cancellationToken)
    {
        Log.CreationAbandoned(_services.Logger, _cache, reason);
        await _services.Operations.NoteFaultAsync(document.OperationId, reason, cancellationToken);
        var key = StoreKeys.Spec(_cache);
        await _services.Store.CommitAsync(
            StoreTransaction.Empty.IfRevision(key, revision)
                .Put(key, StoreCodec.Encode(document with { Deleting = true }, DocumentSchemas.Current)),
            cancellationToken);
        _wake.Set();
        return true;
    }
}
