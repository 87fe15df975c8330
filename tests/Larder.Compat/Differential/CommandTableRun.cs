using System.Globalization;
using Larder.Compat.Wire;

namespace Larder.Compat.Differential;

/// <summary>Goes through an engine's whole command table: each case is given directly and through the door, on the same data.</summary>
/// <param name="engines">The engines.</param>
/// <param name="seed">Of the choices.</param>
public sealed class CommandTableRun(EnginePair engines, int seed)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>For what may well be followed by silence.</summary>
    private static readonly TimeSpan ShortLimit = TimeSpan.FromMilliseconds(500);

    private static readonly string[][] Data =
    [
        ["FLUSHALL"], ["SET", "kstr", "value"], ["SET", "kint", "10"], ["RPUSH", "klist", "a", "b", "c", "a"], ["HSET", "khash", "a", "1", "b", "x"],
        ["SADD", "kset", "a", "b", "c"], ["ZADD", "kzset", "1", "a", "2", "b", "3", "c"], ["XADD", "kstream", "1-1", "f", "v"], ["XADD", "kstream", "1-2", "f", "w"],
        ["XGROUP", "CREATE", "kstream", "g", "0"], ["PFADD", "khll", "a", "b"], ["GEOADD", "kgeo", "13.361389", "38.115556", "p", "15.087269", "37.502669", "q"],
    ];

    private static readonly ReadOnlyMemory<byte> Seeding = Data.SelectMany(command => RespConnection.Encode(command)).ToArray();

    /// <summary>After these the connection is another one.</summary>
    private static readonly HashSet<string> Stateful = new(StringComparer.OrdinalIgnoreCase)
    {
        "AUTH", "HELLO", "RESET", "QUIT", "MULTI", "EXEC", "DISCARD", "WATCH", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "CLIENT", "SELECT", "MONITOR", "ASKING",
        "READONLY", "READWRITE", "SCRIPT", "SYNC", "PSYNC",
    };

    // Garnet looks for waiting clients now and then: a shorter time may be over before it has.
    private readonly string _wait = engines.Installation.Family == Model.Specs.EngineFamily.Garnet ? "0.2" : "0.01";
    private readonly bool _isGarnet = engines.Installation.Family == Model.Specs.EngineFamily.Garnet;
    private int _sentinel;

    /// <summary>How many cases were compared.</summary>
    public int Cases { get; private set; }

    /// <summary>How many commands and subcommands there were.</summary>
    public int Commands { get; private set; }

    /// <summary>Goes through the table.</summary>
    /// <param name="described">How many cases of each command follow its description.</param>
    /// <param name="part">Which commands: every so many-th.</param>
    /// <returns>What differed.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(int described, int part = 1)
    {
        await using var asking = await engines.EnterAsync(2);
        var specs = await CommandSpecs.ReadAsync(asking.Direct);
        var through = await CommandSpecs.ReadAsync(asking.Through);
        if (specs.Count < 50 || !specs.Select(spec => spec.Name).SequenceEqual(through.Select(spec => spec.Name)))
        {
            return [$"COMMAND tells of {specs.Count} commands directly and of {through.Count} through the door."];
        }

        var differences = new List<string>();
        for (var index = 0; index < specs.Count; index++)
        {
            if (index % part == seed % part)
            {
                Commands++;
                differences.AddRange(await RunAsync(specs[index], described, protocol: 2));
                differences.AddRange(await RunAsync(specs[index], described, protocol: 3));
            }
        }

        return differences;
    }

    private async Task<IReadOnlyList<string>> RunAsync(CommandSpec spec, int described, int protocol)
    {
        var differences = new List<string>();
        var random = new Random(Mix(spec.Name, protocol));
        ConnectionPair? pair = null;
        try
        {
            foreach (var command in new CaseGenerator(random, _wait).Cases(spec, described).Where(command => !_isGarnet || !IsOddInGarnet(command)))
            {
                pair ??= await engines.EnterAsync(protocol);
                await pair.ExchangeAsync(Seeding, Data.Length, Sentinel(), Limit);
                var limit = spec.Flags.Contains("blocking") || spec.Words[0].Equals("client", StringComparison.OrdinalIgnoreCase) ? ShortLimit : Limit;
                var exchange = await pair.ExchangeAsync(RespConnection.Encode(command), 1, Sentinel(), limit);
                Cases++;
                if (Comparison.Difference(command, exchange) is { } difference)
                {
                    differences.Add($"RESP{protocol}: {Show(command)}\n{difference}");
                }

                if (exchange.IsOver || Stateful.Contains(spec.Words[0]))
                {
                    await pair.DisposeAsync();
                    pair = null;
                }
            }
        }
        finally
        {
            if (pair is not null)
            {
                await pair.DisposeAsync();
            }
        }

        return differences;
    }

    /// <summary>
    /// What Garnet does with them says nothing of the door: it goes on after QUIT, takes an empty address for that of all clients of a unix socket, puts line ends into errors, and
    /// gives a hash in another order each time.
    /// </summary>
    private static bool IsOddInGarnet(IReadOnlyList<string> command) => command[0].ToUpperInvariant() switch
    {
        "QUIT" => true,
        "CLIENT" => command.Skip(2).Contains(""),
        "INFO" or "LATENCY" => command.Any(word => word.Contains('\n', StringComparison.Ordinal)),
        "EVAL" or "EVALSHA" => command.Any(word => word.Contains("hgetall", StringComparison.Ordinal)),
        _ => false,
    };

    private string Sentinel() => string.Create(CultureInfo.InvariantCulture, $"sentinel-{++_sentinel}-");

    /// <summary>The same choices for the same command, whatever other commands there are.</summary>
    private int Mix(string name, int protocol) => name.Aggregate((seed * 31) + protocol, (mixed, character) => unchecked((mixed * 31) + character));

    private static string Show(IEnumerable<string> command) => string.Join(' ', command.Select(word => new RespValue('"', word, []) + "\""));
}
