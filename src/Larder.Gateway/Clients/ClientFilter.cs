using System.Globalization;
using System.Text;
using Larder.Gateway.Commands;

namespace Larder.Gateway.Clients;

/// <summary>Which clients <c>CLIENT LIST</c> and <c>CLIENT KILL</c> mean, read as Redis reads it. All conditions must hold.</summary>
internal sealed class ClientFilter
{
    private readonly List<Func<ClientView, bool>> _conditions = [];

    private ClientFilter()
    {
    }

    /// <summary>Whether the asking client is left out; <c>CLIENT KILL</c> does so unless it is told otherwise.</summary>
    public bool SkipsAsker { get; private set; } = true;

    /// <summary>Reads the options behind the subcommand.</summary>
    /// <param name="command">A CLIENT command that is there whole.</param>
    /// <returns>The filter; <c>null</c> where there is something in it that is not known here.</returns>
    public static ClientFilter? TryRead(in CommandView command)
    {
        if (command.TryReadAll() is not { } arguments)
        {
            return null;
        }

        var filter = new ClientFilter();
        var words = arguments.Skip(2).Select(Encoding.Latin1.GetString).ToList();
        for (var index = 0; index < words.Count;)
        {
            if (index + 1 == words.Count || !filter.TryAdd(words, ref index))
            {
                return null;
            }
        }

        return filter;
    }

    /// <summary>Whether a client is meant.</summary>
    /// <param name="client">The client.</param>
    public bool Means(ClientView client) => _conditions.TrueForAll(condition => condition(client));

    private bool TryAdd(List<string> words, ref int index)
    {
        var value = words[index + 1];
        switch (words[index].ToUpperInvariant())
        {
            case "ID":
                var ids = new HashSet<long>();
                for (index++; index < words.Count && long.TryParse(words[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id); index++)
                {
                    ids.Add(id);
                }

                _conditions.Add(client => ids.Contains(client.Id));
                return ids.Count > 0;
            case "TYPE" when value.ToUpperInvariant() is "NORMAL" or "PUBSUB" or "MASTER" or "PRIMARY" or "REPLICA" or "SLAVE":
                var (subscribers, normal) = (value.Equals("PUBSUB", StringComparison.OrdinalIgnoreCase), value.Equals("NORMAL", StringComparison.OrdinalIgnoreCase));
                _conditions.Add(client => client.IsSubscriber ? subscribers : normal);
                break;
            case "ADDR":
                _conditions.Add(client => client.Remote.ToString() == value);
                break;
            case "LADDR":
                _conditions.Add(client => client.Local.ToString() == value);
                break;
            case "USER":
                _conditions.Add(client => client.User == value);
                break;
            case "SKIPME" when value.ToUpperInvariant() is "YES" or "NO":
                SkipsAsker = value.Equals("YES", StringComparison.OrdinalIgnoreCase);
                break;
            case "MAXAGE" when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds):
                _conditions.Add(client => client.Age.TotalSeconds >= seconds);
                break;
            default:
                return false;
        }

        index += 2;
        return true;
    }
}
