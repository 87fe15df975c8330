using System.Text;
using Larder.Gateway.Commands;
using Larder.Resp;

namespace Larder.Gateway.Clusters;

/// <summary>Which arguments of a command are keys, as far as the gateway must know to find their shard. Pure.</summary>
internal static class CommandKeys
{
    /// <summary>Their number of keys is their first argument.</summary>
    private static readonly HashSet<string> Counted = ["zunion", "zinter", "zdiff", "zintercard", "sintercard", "lmpop", "zmpop"];

    /// <summary>Their number of keys is their second argument.</summary>
    private static readonly HashSet<string> Scripts = ["eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro"];

    /// <summary>Their key, where they have one, follows their subcommand.</summary>
    private static readonly HashSet<string> Containers = ["object", "xinfo", "xgroup"];

    /// <summary>Finds the keys.</summary>
    /// <param name="command">The command, whole.</param>
    /// <param name="known">Which it is.</param>
    /// <returns>The indexes of its keys; of some commands that name their number of keys, the first one alone. Empty where it has none.</returns>
    public static List<int> Find(in CommandView command, KnownCommand known)
    {
        var keys = FindFixed(command.Count, known);
        if (known.FirstKey > 0)
        {
            return keys;
        }

        if (Counted.Contains(known.Name) && HasKeys(command, 1))
        {
            keys.Add(2);
        }
        else if (Scripts.Contains(known.Name) && HasKeys(command, 2))
        {
            keys.Add(3);
        }
        else if (known.Name is "xread" or "xreadgroup" && StreamsOf(command) is > 0 and var stream)
        {
            keys.Add(stream);
        }
        else if (Containers.Contains(known.Name) && command.Count > 2)
        {
            keys.Add(2);
        }

        return keys;
    }

    /// <summary>Finds the keys that are at fixed places.</summary>
    /// <param name="count">How many arguments the command has, its name included.</param>
    /// <param name="known">Which it is.</param>
    /// <returns>The indexes of its keys; empty where it has none at fixed places.</returns>
    public static List<int> FindFixed(int count, KnownCommand known)
    {
        var keys = new List<int>();
        if (known.FirstKey > 0)
        {
            var last = known.LastKey < 0 ? count + known.LastKey : known.LastKey;
            for (var index = known.FirstKey; index <= last && index < count; index += Math.Max(1, known.KeyStep))
            {
                keys.Add(index);
            }
        }

        return keys;
    }

    /// <summary>The first key behind STREAMS.</summary>
    private static int StreamsOf(in CommandView command)
    {
        for (var index = 1; index + 1 < command.Count && command.TryGet(index, out var word); index++)
        {
            if (Ascii.EqualsIgnoreCase(word, "STREAMS"u8))
            {
                return index + 1;
            }
        }

        return 0;
    }

    private static bool HasKeys(in CommandView command, int countIndex) =>
        command.TryGet(countIndex, out var text) && RespInteger.TryParse(text, out var count) && count > 0 && command.Count > countIndex + 1;
}
