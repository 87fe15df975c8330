using System.Collections.Immutable;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Clusters;

/// <summary>
/// The workloads of clients of a clustered cache: groups of keys with a hash tag each, so that a transaction stays within a slot, and the groups lie in all shards.
/// </summary>
public sealed class ClusterWorkloads
{
    private const int Groups = 48;
    private const int ElementsOfAClient = 100_000_000;
    private readonly int _clients;

    /// <summary>Shares the clients out: of each six, one adds to sets, one writes registers, one reads registers, one counts, two append to lists.</summary>
    /// <param name="clients">How many; at least six.</param>
    public ClusterWorkloads(int clients)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(clients, 6);
        _clients = clients;
    }

    /// <summary>The keys of each group: sets and lists, and integers.</summary>
    public ImmutableArray<(ImmutableArray<string> Collections, ImmutableArray<string> Integers)> Keys =>
    [
        .. Enumerable.Range(0, Groups).Select(group => (
            ImmutableArray.Create(Set(group), List(group)),
            ImmutableArray.CreateRange([
                .. Clients(1).Select(client => Register(group, client)),
                .. Clients(3).Select(client => Counter(group, client)),
                .. Clients(4).Concat(Clients(5)).Select(client => Transactions(group, client))]))),
    ];

    /// <summary>What a client asks for, one operation a call; each is sent at most once.</summary>
    /// <param name="client">The client, from 0 on.</param>
    /// <param name="random">The client's own.</param>
    public Func<Operation> Of(int client, Random random)
    {
        var writers = Clients(1).ToArray();
        var (element, written) = ((long)(client + 1) * ElementsOfAClient, 0L);
        return (client % 6) switch
        {
            0 => () => new Operation(OperationKind.Add, Set(random.Next(Groups)), ++element),
            1 => () => new Operation(OperationKind.Write, Register(random.Next(Groups), client), ++written),
            2 => () => new Operation(OperationKind.Read, Register(random.Next(Groups), writers[random.Next(writers.Length)])),
            3 => () => new Operation(OperationKind.Increment, Counter(random.Next(Groups), client)),
            _ => () => Append(random.Next(Groups), random.Next(3) == 0),
        };

        Operation Append(int group, bool counted) => counted
            ? new Operation(OperationKind.AppendAndCount, List(group), ++element, Transactions(group, client))
            : new Operation(OperationKind.Append, List(group), ++element);
    }

    private IEnumerable<int> Clients(int share) => Enumerable.Range(0, _clients).Where(client => client % 6 == share);

    private static string Set(int group) => $"chaos:{{{group}}}:set";

    private static string List(int group) => $"chaos:{{{group}}}:list";

    private static string Register(int group, int client) => $"chaos:{{{group}}}:register:{client}";

    private static string Counter(int group, int client) => $"chaos:{{{group}}}:counter:{client}";

    private static string Transactions(int group, int client) => $"chaos:{{{group}}}:transactions:{client}";
}
