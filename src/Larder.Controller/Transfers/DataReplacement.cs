using System.Collections.Immutable;
using Larder.Controller.Nodes;
using Larder.Controller.Processes;
using Larder.Controller.Shards;
using Larder.Engines;
using Larder.Security.Files;

namespace Larder.Controller.Transfers;

/// <summary>
/// Exchanges a shard's data folders for new ones, and back. Every step can be taken again after a crash in the middle of it:
/// <code>
/// stopped in order -> data renamed to before-… (kept whole) -> new data for one node, empty folders for the others -> they start and sync
/// done: before-… deleted          failed: stopped, data deleted, before-… renamed back
/// </code>
/// </summary>
/// <param name="context">What it works with.</param>
/// <param name="operation">The operation.</param>
internal sealed class DataReplacement(TransferContext context, string operation)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private const int StartsBeforeGivingUp = 3;

    /// <summary>Gives a shard new data.</summary>
    /// <param name="agent">The shard.</param>
    /// <param name="snapshot">The new data; stays where it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task ExchangeAsync(ShardAgent agent, string snapshot, CancellationToken cancellationToken) => RunAsync(agent, folders =>
    {
        foreach (var folder in folders)
        {
            SetAside(folder);
        }

        foreach (var log in agent.Configurations.Select(node => node.LogFolder).OfType<string>().Where(Directory.Exists))
        {
            if (Directory.Exists(LogBefore(log)))
            {
                Remove(log);
            }
            else
            {
                Directory.Move(log, LogBefore(log));
            }
        }

        // The last primary's place, and its generation: so that the election takes it for the newest.
        var chosen = Math.Max(0, agent.Configurations.IndexOf(agent.Configurations.FirstOrDefault(node => node.Ordinal == agent.LastPrimary)!));
        Place(agent.Configurations[chosen], snapshot);
        OwnerOnlyFile.Write(folders[chosen].Generation, DataGeneration.Serialize(new DataGeneration(Math.Max(1, agent.Snapshot.Status.Epoch), Primary: true)));

        // Data of a node without persistence counts only where it has stopped in order.
        OwnerOnlyFile.Write(folders[chosen].StoppedMark, "");
    }, cancellationToken);

    /// <summary>Gives a shard back what it had.</summary>
    /// <param name="agent">The shard.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task UndoAsync(ShardAgent agent, CancellationToken cancellationToken) => RunAsync(agent, folders =>
    {
        foreach (var folder in folders.Where(folder => Directory.Exists(folder.Before(operation))))
        {
            Remove(folder.Data);
            Directory.Move(folder.Before(operation), folder.Data);
            OwnerOnlyFile.Write(folder.StoppedMark, "");
        }

        foreach (var log in agent.Configurations.Select(node => node.LogFolder).OfType<string>().Where(log => Directory.Exists(LogBefore(log))))
        {
            Remove(log);
            Directory.Move(LogBefore(log), log);
        }
    }, cancellationToken);

    /// <summary>Deletes what a shard had.</summary>
    /// <param name="agent">The shard.</param>
    public void Finish(ShardAgent agent)
    {
        foreach (var folder in agent.Folders)
        {
            Remove(folder.Before(operation));
        }

        foreach (var log in agent.Configurations.Select(node => node.LogFolder).OfType<string>())
        {
            Remove(LogBefore(log));
        }
    }

    private string LogBefore(string log) => $"{log}.before-{operation[..12]}";

    /// <summary>Waits until shards have their primaries and all replicas in sync, and the nodes of a clustered cache agree again on who has what.</summary>
    /// <param name="agents">The shards.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is wrong where it does not come to that; <c>null</c> where it does.</returns>
    public async Task<string?> SettleAsync(IReadOnlyList<ShardAgent> agents, CancellationToken cancellationToken)
    {
        var began = context.Services.Clock.GetTimestamp();
        while (Unsettled(agents) is { Length: > 0 } problem)
        {
            if (agents.FirstOrDefault(agent => agent.Snapshot.FailedStarts >= StartsBeforeGivingUp) is { } failing)
            {
                return failing.Snapshot.StartProblem;
            }

            if (context.Services.Clock.GetElapsedTime(began) > context.Services.Options.ReplacementLimit)
            {
                return $"it was not whole again within {context.Services.Options.ReplacementLimit}: {problem}";
            }

            context.Progress.Keys(problem, agents.Sum(agent => agent.Keys ?? 0), 0, 70, 95);
            await Task.Delay(PollInterval, context.Services.Clock, cancellationToken);
        }

        return null;
    }

    private string Unsettled(IReadOnlyList<ShardAgent> agents) =>
        agents.FirstOrDefault(agent => !agent.Snapshot.Ready) is { } waiting ? $"shard {waiting.Shard}: {waiting.Snapshot.Outcome}" : context.Cluster.Disagreement();

    private async Task RunAsync(ShardAgent agent, Action<ImmutableArray<NodeFolders>> work, CancellationToken cancellationToken)
    {
        var exchange = new DataExchange("its data is being replaced", (folders, _) =>
        {
            work(folders);
            return Task.FromResult<ShardPlan?>(null);
        });
        while (!agent.TryRequest(exchange))
        {
            await Task.Delay(PollInterval, context.Services.Clock, cancellationToken);
        }

        await exchange.Done.WaitAsync(cancellationToken);
    }

    private void SetAside(NodeFolders folder)
    {
        if (Directory.Exists(folder.Before(operation)))
        {
            Remove(folder.Data);
        }
        else if (Directory.Exists(folder.Data))
        {
            Directory.Move(folder.Data, folder.Before(operation));
        }
        else
        {
            OwnerOnlyFile.CreateFolder(folder.Before(operation));
        }

        File.Delete(folder.StoppedMark);
        OwnerOnlyFile.CreateFolder(folder.Data);
    }

    private void Place(NodeConfiguration node, string snapshot)
    {
        var placement = context.Services.Nodes.Engines.For(context.Installation.Family).PlaceSnapshot(context.Installation, node);
        if (node.LogFolder is { } log)
        {
            // Another file system, maybe: there a second name cannot be.
            OwnerOnlyFile.CreateFolder(log);
            Directory.CreateSymbolicLink(Path.GetDirectoryName(placement.Snapshot)!, log);
            File.Copy(snapshot, placement.Snapshot);
        }
        else
        {
            OwnerOnlyFile.CreateFolder(Path.GetDirectoryName(placement.Snapshot)!);
            HardLink.Create(snapshot, placement.Snapshot);
        }

        foreach (var (path, content) in placement.Files)
        {
            OwnerOnlyFile.Write(path, content);
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
