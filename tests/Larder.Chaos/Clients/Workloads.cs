using System.Collections.Immutable;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Clients;

/// <summary>The workloads of all clients, and the keys that they use.</summary>
public sealed class Workloads
{
    private const string Set = "chaos:set";
    private const int ElementsOfAClient = 100_000_000;
    private static readonly ImmutableArray<string> Lists = ["chaos:list:0", "chaos:list:1", "chaos:list:2"];
    private readonly int _clients;

    /// <summary>Shares the clients out: of each six, one adds to the set, one writes a register, one reads registers, one counts, two append.</summary>
    /// <param name="clients">How many; at least six.</param>
    public Workloads(int clients)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(clients, 6);
        _clients = clients;
    }

    /// <summary>The sets and lists, sets first.</summary>
    public static ImmutableArray<string> Collections => [Set, .. Lists];

    /// <summary>Whether a collection is a set.</summary>
    public static bool IsSet(string key) => key.EndsWith("set", StringComparison.Ordinal);

    /// <summary>The registers and counters.</summary>
    public ImmutableArray<string> Integers => [
        .. Clients(1).Select(Register), .. Clients(3).Select(Counter), .. Clients(4).Concat(Clients(5)).Select(Transactions)];

    /// <summary>What a client asks for, one operation a call; each is sent at most once.</summary>
    /// <param name="client">The client, from 0 on.</param>
    /// <param name="random">The client's own.</param>
    public Func<Operation> Of(int client, Random random)
    {
        var registers = Clients(1).Select(Register).ToArray();
        var (element, written) = ((long)(client + 1) * ElementsOfAClient, 0L);
        return (client % 6) switch
        {
            0 => () => new Operation(OperationKind.Add, Set, ++element),
            1 => () => new Operation(OperationKind.Write, Register(client), ++written),
            2 => () => new Operation(OperationKind.Read, registers[random.Next(registers.Length)]),
            3 => () => new Operation(OperationKind.Increment, Counter(client)),
            _ => () => random.Next(3) == 0
                ? new Operation(OperationKind.AppendAndCount, Lists[random.Next(Lists.Length)], ++element, Transactions(client))
                : new Operation(OperationKind.Append, Lists[random.Next(Lists.Length)], ++element),
        };
    }

    private IEnumerable<int> Clients(int share) => Enumerable.Range(0, _clients).Where(client => client % 6 == share);

    private static string Register(int client) => $"chaos:register:{client}";

    private static string Counter(int client) => $"chaos:counter:{client}";

    private static string Transactions(int client) => $"chaos:transactions:{client}";
}
