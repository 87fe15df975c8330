using System.Collections.Immutable;
using Larder.Chaos.Clients;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Tests;

/// <summary>
/// A history of a correct cache. Each turn is a client's next operation: it begins right after the client's last, takes effect at the turn's
/// own moment, or never, and ends later; so that operations of different clients overlap.
/// </summary>
internal sealed class CorrectRun((int Client, int Luck, int Length)[] turns)
{
    public const int Clients = 6;

    private const int Turn = 10;

    public RunHistory Build()
    {
        var workloads = new Workloads(Clients);
        var next = Enumerable.Range(0, Clients).Select(client => workloads.Of(client, new Random(client))).ToArray();
        var free = new int[Clients];
        var (sets, integers) = (Workloads.Collections.ToDictionary(key => key, _ => ImmutableArray.CreateBuilder<long>()), workloads.Integers.ToDictionary(key => key, _ => 0L));
        var invocations = ImmutableArray.CreateBuilder<Invocation>();
        var snapshots = ImmutableArray.CreateBuilder<Snapshot>();
        for (var i = 0; i < turns.Length; i++)
        {
            var (client, luck, length) = turns[i];
            var moment = (i + 1) * Turn;
            if (free[client] >= moment)
            {
                // Its last operation is still under way: it has no turn.
                continue;
            }

            var operation = next[client]();
            var fate = luck switch { 0 or 1 => Fate.Unknown, 2 => Fate.Refused, _ => Fate.Executed };

            // Of those of unknown fate half take effect.
            var reply = luck == 1 || fate == Fate.Executed ? Execute(operation) : 0;
            var began = Math.Max(free[client] + 1, moment - length);
            free[client] = moment + length;
            invocations.Add(new Invocation(
                client, operation, TimeSpan.FromMilliseconds(began), TimeSpan.FromMilliseconds(moment + length), fate, fate == Fate.Executed ? reply : 0, "made up"));
            if (i % 25 == 24)
            {
                snapshots.Add(Take(moment, moment + 1));
            }
        }

        var end = (turns.Length + 10) * Turn;
        snapshots.Add(Take(end, end + 1));
        return new RunHistory(invocations.ToImmutable(), snapshots.ToImmutable(), [], []);

        long Execute(Operation operation)
        {
            switch (operation.Kind)
            {
                case OperationKind.Add:
                    sets[operation.Key].Add(operation.Value);
                    return 1;
                case OperationKind.Append:
                    sets[operation.Key].Add(operation.Value);
                    return sets[operation.Key].Count;
                case OperationKind.AppendAndCount:
                    sets[operation.Key].Add(operation.Value);
                    return ++integers[operation.Counter!];
                case OperationKind.Increment:
                    return ++integers[operation.Key];
                case OperationKind.Write:
                    return (integers[operation.Key] = operation.Value) * 0;
                default:
                    return integers[operation.Key];
            }
        }

        Snapshot Take(int began, int ended) => new(
            TimeSpan.FromMilliseconds(began),
            TimeSpan.FromMilliseconds(ended),
            sets.ToImmutableDictionary(pair => pair.Key, pair => pair.Value.ToImmutable()),
            integers.ToImmutableDictionary());
    }
}
