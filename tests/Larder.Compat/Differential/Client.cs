using System.Globalization;
using Larder.Compat.Wire;

namespace Larder.Compat.Differential;

/// <summary>One client of an interleaving, on both ways, and what is known of the state of its connection.</summary>
/// <param name="pair">Its connections.</param>
/// <param name="name">Its number.</param>
internal sealed class Client(ConnectionPair pair, int name)
{
    public ConnectionPair Pair => pair;

    public int Name => name;

    /// <summary>Its connection's id, on either way; <c>null</c> where it has not asked. Who asks never shares an engine connection again.</summary>
    public (string Direct, string Through)? Id { get; set; }

    public int Protocol { get; set; } = 2;

    /// <summary>Whether MULTI was given.</summary>
    public bool InTransaction { get; set; }

    /// <summary>Whether its open transaction may end several subscriptions.</summary>
    public bool Unsubscribes { get; set; }

    /// <summary>Whether it subscribed to anything, so that in RESP2 it may say little.</summary>
    public bool Subscribed { get; set; }

    /// <summary>Whether CLIENT REPLY OFF was given.</summary>
    public bool IsMute { get; set; }

    /// <summary>The key that it waits for, or <c>null</c>.</summary>
    public string? WaitsFor { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>Whether it has nothing open and nothing switched off.</summary>
    public bool IsPlain => this is { InTransaction: false, Subscribed: false, IsMute: false, WaitsFor: null, IsClosed: false };

    /// <summary>Messages and invalidations so far, on either way. When they come among the replies is not fixed, their order is.</summary>
    public (List<string> Direct, List<string> Through) Pushed { get; } = ([], []);

    /// <summary>Takes the pushes out of what came.</summary>
    /// <returns>The replies.</returns>
    public (List<RespValue> Direct, List<RespValue> Through) Sort(Exchange exchange) =>
        (Sort(exchange.Direct, Pushed.Direct), Sort(exchange.Through, Pushed.Through));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"client {name}");

    private static List<RespValue> Sort(IReadOnlyList<RespValue> values, List<string> pushed)
    {
        var replies = new List<RespValue>();
        foreach (var value in values)
        {
            if (value.Type == '>' || (value is { Type: '*', Items.Count: >= 3 } && value.Items[0].Text is "message" or "pmessage" or "smessage"))
            {
                // The keys of an invalidation come in the order of a hash table.
                // Which of several subscriptions ends first, too.
                pushed.Add(value.Items[0].Text.EndsWith("unsubscribe", StringComparison.Ordinal) ? value.Items[0].Text
                    : value.Contains("invalidate") ? string.Join(' ', Keys(value).Order(StringComparer.Ordinal))
                    : value.ToString());
            }
            else
            {
                replies.Add(value);
            }
        }

        return replies;
    }

    private static IEnumerable<string> Keys(RespValue value) => value.IsAggregate && !value.IsNull ? value.Items.SelectMany(Keys) : [value.ToString()];
}
