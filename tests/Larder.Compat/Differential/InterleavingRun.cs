using System.Globalization;
using System.Text;
using Larder.Compat.Wire;

namespace Larder.Compat.Differential;

/// <summary>
/// Several clients do, by turns, what changes their connections and what others notice: transactions, watched keys, subscriptions, waiting, tracking,
/// scripts, switched-off replies, the end. After each step everybody who can be asked is asked, so that on both ways the same has happened.
/// </summary>
/// <param name="engines">The engines.</param>
/// <param name="seed">Of the choices.</param>
public sealed class InterleavingRun(EnginePair engines, int seed)
{
    private const int Clients = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly StringBuilder _story = new();
    private int _sentinel;

    /// <summary>How many steps were compared.</summary>
    public int Steps { get; private set; }

    /// <summary>Runs sessions of some clients.</summary>
    /// <param name="sessions">How many.</param>
    /// <param name="steps">Of each.</param>
    /// <returns>What differed, with all that led to it: the first difference of each session.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(int sessions, int steps)
    {
        var waits = engines.Installation.Family != Model.Specs.EngineFamily.Garnet;
        if (waits)
        {
            await engines.AdministerAsync("CONFIG", "SET", "notify-keyspace-events", "KEA");
        }

        var differences = new List<string>();
        for (var session = 0; session < sessions; session++)
        {
            if (await RunSessionAsync(new Random(unchecked((seed * 7919) + session)), steps, waits) is { } difference)
            {
                differences.Add(string.Create(CultureInfo.InvariantCulture, $"session {session} of seed {seed}:\n{difference}"));
            }
        }

        return differences;
    }

    private async Task<string?> RunSessionAsync(Random random, int steps, bool waits)
    {
        _story.Clear();
        var choices = new Steps(random, waits, ignoresWrongKeys: engines.Installation is not { Family: Model.Specs.EngineFamily.Redis, Version.Major: 7, Version.Minor: 0 } && waits);
        var clients = new List<Client>();
        try
        {
            for (var index = 0; index < Clients; index++)
            {
                clients.Add(await EnterAsync(index, random));
            }

            await clients[0].Pair.ExchangeAsync(Encode("FLUSHALL|SCRIPT FLUSH|FUNCTION FLUSH".Split('|'), clients, through: false), 3, Sentinel(), Limit);
            for (var step = 0; step < steps; step++)
            {
                var client = clients[random.Next(Clients)];
                if (client.IsClosed)
                {
                    await client.Pair.DisposeAsync();
                    clients[client.Name] = await EnterAsync(client.Name, random);
                    _story.AppendLine(CultureInfo.InvariantCulture, $"  {client} is a new one");
                    continue;
                }

                var difference = client.WaitsFor is not null
                    ? await FreeAsync(client, clients, choices)
                    : await StepAsync(client, choices.Next(client, clients), clients);
                if ((difference ?? await SettleAsync(clients)) is { } found)
                {
                    return _story + found;
                }
            }

            return await FinishAsync(clients) is { } last ? _story + last : null;
        }
        finally
        {
            foreach (var client in clients)
            {
                await client.Pair.DisposeAsync();
            }
        }
    }

    private async Task<Client> EnterAsync(int name, Random random)
    {
        var protocol = random.Next(2) + 2;
        var pair = await engines.EnterAsync(protocol);
        var client = new Client(pair, name) { Protocol = protocol };
        if (random.Next(2) == 0)
        {
            client.Id = ((await pair.Direct.AskAsync("CLIENT", "ID")).Text, (await pair.Through.AskAsync("CLIENT", "ID")).Text);
        }

        return client;
    }

    private async Task<string?> StepAsync(Client client, IReadOnlyList<string> commands, List<Client> clients)
    {
        Steps++;
        _story.AppendLine(CultureInfo.InvariantCulture, $"  {client}: {string.Join(" | ", commands)}");
        Note(client, commands);
        if (client.WaitsFor is not null || (client.IsMute && !commands.Contains("CLIENT REPLY ON")))
        {
            await client.Pair.Direct.SendAsync(Encode(commands, clients, through: false));
            await client.Pair.Through.SendAsync(Encode(commands, clients, through: true));
            return client.WaitsFor is null ? null : await engines.WaitForWaitingAsync(clients.Count(other => other.WaitsFor is not null));
        }

        client.IsMute = false;
        return await ExchangeAsync(client, commands, clients);
    }

    private async Task<string?> FreeAsync(Client waiting, List<Client> clients, Steps choices)
    {
        if (clients.FirstOrDefault(other => other.IsPlain) is not { } helper)
        {
            return null;
        }

        var command = choices.Free(waiting);
        // What the helper says must be said where the other waits.
        string[] commands = command.StartsWith("RPUSH", StringComparison.Ordinal) ? ["SELECT 0", command, "SELECT 1", command] : [command];
        waiting.WaitsFor = null;
        return await StepAsync(helper, commands, clients);
    }

    /// <summary>Asks everybody who can answer, until nothing is on its way any more.</summary>
    private async Task<string?> SettleAsync(List<Client> clients)
    {
        foreach (var client in clients.Where(client => client is { IsMute: false, WaitsFor: null, IsClosed: false }))
        {
            if (await ExchangeAsync(client, [], clients) is { } difference)
            {
                return difference;
            }
        }

        return null;
    }

    /// <summary>At the end all messages have come, in the same order.</summary>
    private async Task<string?> FinishAsync(List<Client> clients)
    {
        foreach (var client in clients.Where(client => client is { IsMute: false, WaitsFor: null }))
        {
            var started = TimeProvider.System.GetTimestamp();
            while (!client.Pushed.Direct.SequenceEqual(client.Pushed.Through))
            {
                if (client.IsClosed || TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(2))
                {
                    var same = client.Pushed.Direct.Zip(client.Pushed.Through).TakeWhile(both => both.First == both.Second).Count();
                    return client.IsClosed && (same == client.Pushed.Direct.Count || same == client.Pushed.Through.Count)
                        ? null // What is on its way when a connection ends may get lost.
                        : $"    {client} was pushed directly:         {string.Join(" | ", client.Pushed.Direct.Skip(same))}\n"
                        + $"    {client} was pushed through the door: {string.Join(" | ", client.Pushed.Through.Skip(same))}";
                }

                if (await ExchangeAsync(client, [], clients) is { } difference)
                {
                    return difference;
                }

                await Task.Delay(10);
            }
        }

        return null;
    }

    private async Task<string?> ExchangeAsync(Client client, IReadOnlyList<string> commands, List<Client> clients)
    {
        var exchange = await client.Pair.ExchangeAsync(
            Encode(commands, clients, through: false), Encode(commands, clients, through: true), commands.Count, Sentinel(), Limit);
        client.IsClosed |= exchange.IsOver;
        var (direct, through) = client.Sort(exchange);
        // Which of several subscriptions ends first is decided by a hash table.
        var unordered = commands.Any(command => command.Contains("UNSUBSCRIBE", StringComparison.Ordinal) || command == "FUNCTION LIST" || (command == "EXEC" && client.Unsubscribes));
        client.Unsubscribes = client.InTransaction && (client.Unsubscribes || unordered);
        for (var index = 0; index < Math.Min(direct.Count, through.Count); index++)
        {
            through[index] = Comparison.IsBlocked(direct[index], through[index]) ? direct[index] : through[index];
        }

        return Texts(direct, unordered).SequenceEqual(Texts(through, unordered))
            ? null
            : $"    {client} directly:         {string.Join(" | ", direct)}\n    {client} through the door: {string.Join(" | ", through)}";
    }

    private static IEnumerable<string> Texts(IEnumerable<RespValue> values, bool unordered)
    {
        var texts = values.Select(Comparison.Text);
        return unordered ? texts.SelectMany(text => text.Split(", ")).Order(StringComparer.Ordinal) : texts;
    }

    /// <summary>What the commands will have made of the connection, so far as it decides what may come next. Too much is never assumed.</summary>
    private static void Note(Client client, IReadOnlyList<string> commands)
    {
        foreach (var command in commands)
        {
            var name = command.Split(' ')[0];
            client.InTransaction = name switch { "MULTI" => true, "EXEC" or "DISCARD" or "RESET" => false, _ => client.InTransaction };
            client.Subscribed |= name is "SUBSCRIBE" or "PSUBSCRIBE" or "SSUBSCRIBE";
            client.Id = name == "RESET" ? null : client.Id; // Through the door it is another one from then on.
        }
    }

    private static byte[] Encode(IReadOnlyList<string> commands, List<Client> clients, bool through) =>
    [
        .. commands.SelectMany(command => RespConnection.Encode(
            [.. command.Split(' ').Select(word => Identify(word, clients, through).Replace('\u00a0', ' '))])),
    ];

    private static string Identify(string word, List<Client> clients, bool through)
    {
        if (!word.StartsWith("{id:", StringComparison.Ordinal))
        {
            return word;
        }

        var client = clients[word[4] - '0'];
        // Nobody has 0: what is done to one whose id is not known is an error on both ways.
        return client.Id is not { } id ? "0" : through ? id.Through : id.Direct;
    }

    private string Sentinel() => string.Create(CultureInfo.InvariantCulture, $"sentinel-{++_sentinel}-");
}
