namespace Larder.Compat.Differential;

/// <summary>Makes cases of a command: too few arguments, the right number, too many; keys of each type; and what its description allows.</summary>
/// <param name="random">Decides.</param>
/// <param name="wait">How long what may wait does, in seconds.</param>
public sealed class CaseGenerator(Random random, string wait)
{
    private static readonly string[] Keys = ["kstr", "kint", "klist", "khash", "kset", "kzset", "kstream", "khll", "kgeo", "missing"];
    private static readonly string[] Fillers = ["a", "1", "0", "2", "-1", "kstr", "*", "x y"];
    private static readonly string[] Integers = ["1", "1", "2", "0", "-1", "3", "10", "abc", "1.5", "", "9223372036854775807", "-9223372036854775808", "9223372036854775808"];
    private static readonly string[] Doubles = ["0", "1.5", "-1", "3.25", "1e3", "inf", "-inf", "nan", "abc", ""];
    private static readonly string[] Strings = ["a", "b", "c", "v", "x y", "", "10", "\0\u00ff\r\n"];
    private static readonly string[] Patterns = ["*", "k*", "?", "[", "nothing*", "a"];
    private static readonly string[] Times = ["1", "9999999999", "9999999999999", "-1", "abc"];
    private static readonly string[] Waits = ["1", "5", "-1", "abc"];
    private static readonly string[] StreamIds = ["*", "0", "1-1", "1-2", "2-0", "+", "-", "$", ">", "abc", "0-0", "5-*"];
    private static readonly string[] Borders = ["-inf", "+inf", "1", "(1", "[a", "-", "+", "[c", "0", "-1"];

    private static readonly string[] Scripts =
    [
        "return 1", "return {1,'a',{2,3}}", "return redis.call('get','kstr')", "return redis.call('incr','klist')", "return redis.pcall('incr','klist')",
        "return redis.error_reply('MY error')", "return {err='MINE it is'}", "return {ok='fine'}", "this is no script", "return {'message','c','x'}",
        "redis.setresp(3) return redis.call('hgetall','khash')", "return {double=1.5}", "return redis.call('config','get','port')", "return false",
        "return redis.call('nonsense')", "return redis.status_reply('S')", "return cjson.encode({1,2})", "return #ARGV",
    ];

    private int? _numberOfKeys;
    private string _group = "";

    /// <summary>Cases of a command.</summary>
    /// <param name="spec">The command.</param>
    /// <param name="described">How many follow its description.</param>
    public IEnumerable<IReadOnlyList<string>> Cases(CommandSpec spec, int described)
    {
        yield return spec.Words;
        var least = Math.Abs(spec.Arity);
        for (var words = Math.Max(spec.Words.Count + 1, least - 1); words <= least + 2; words++)
        {
            yield return Filled(spec, words, null);
        }

        if (spec.FirstKey > 0)
        {
            foreach (var key in Keys)
            {
                yield return Filled(spec, Math.Max(least, spec.Words.Count + 1), key);
            }
        }

        for (var count = 0; count < described && spec.Arguments.Count > 0; count++)
        {
            yield return Described(spec);
        }
    }

    private List<string> Filled(CommandSpec spec, int words, string? key)
    {
        var command = new List<string>(spec.Words);
        while (command.Count < words)
        {
            // What may wait is given a short time to do so.
            var last = command.Count + 1 == words && spec.Flags.Contains("blocking");
            command.Add(command.Count == spec.FirstKey ? key ?? Any(Keys) : last ? wait : Any(Fillers));
        }

        return command;
    }

    private List<string> Described(CommandSpec spec)
    {
        var command = new List<string>(spec.Words);
        (_numberOfKeys, _group) = (null, spec.Group);
        foreach (var argument in spec.Arguments)
        {
            Add(argument, command);
        }

        // Now and then in other letters, which must not matter, and with a word too many or too few, which must.
        command[0] = random.Next(4) == 0 ? command[0].ToUpperInvariant() : command[0];
        if (random.Next(12) == 0)
        {
            command.Add(Any(Fillers));
        }
        else if (random.Next(16) == 0 && command.Count > spec.Words.Count)
        {
            command.RemoveAt(command.Count - 1);
        }

        return command;
    }

    private void Add(ArgumentSpec argument, List<string> command)
    {
        if (argument.Flags.Contains("optional") && random.Next(2) == 0)
        {
            return;
        }

        var times = !argument.Flags.Contains("multiple") ? 1
            : argument.Type == "key" && _numberOfKeys is { } number ? number
            : random.Next(1, 4);
        for (var index = 0; index < times; index++)
        {
            if (argument.Token is { Length: > 0 } token && (index == 0 || argument.Flags.Contains("multiple_token")))
            {
                command.Add(random.Next(4) == 0 ? token.ToLowerInvariant() : token);
            }

            switch (argument.Type)
            {
                case "pure-token":
                    break;
                case "oneof":
                    Add(argument.Arguments[random.Next(argument.Arguments.Count)], command);
                    break;
                case "block":
                    foreach (var inner in argument.Arguments)
                    {
                        Add(inner, command);
                    }

                    break;
                default:
                    command.Add(Value(argument));
                    break;
            }
        }
    }

    private string Value(ArgumentSpec argument) => argument.Name.ToLowerInvariant() switch
    {
        "numkeys" or "numlocal" => (_numberOfKeys = random.Next(8) == 0 ? 0 : random.Next(1, 3)).Value.ToString(System.Globalization.CultureInfo.InvariantCulture),
        "timeout" when argument.Type == "double" && random.Next(3) > 0 => wait,
        "timeout" or "milliseconds" or "seconds" when argument.Type is "double" or "integer" => Any(Waits),
        "id" or "start" or "end" or "last-id" or "group" or "consumer" when _group == "stream" => random.Next(3) == 0 ? "g" : Any(StreamIds),
        "min" or "max" or "start" or "stop" or "end" when _group == "sorted-set" => Any(Borders),
        "script" => Any(Scripts),
        "function-code" => random.Next(3) == 0 ? "nonsense" : "#!lua name=lib\nredis.register_function('f', function(keys, args) return {#keys, args[1]} end)",
        "function" => "f",
        "library-name" => "lib",
        "channel" or "shardchannel" => Any(["c", "d", "c"]),
        "longitude" or "latitude" => Any(["13.361389", "38.115556", "200", "abc"]),
        "serverseconds" => "1",
        _ => argument.Type switch
        {
            "key" => Key(),
            "integer" => Any(Integers),
            "double" => Any(Doubles),
            "pattern" => Any(Patterns),
            "unix-time" => Any(Times),
            _ => Any(Strings),
        },
    };

    private string Key() => random.Next(5) switch
    {
        0 => Any(Keys),
        1 => "missing",
        _ => _group switch
        {
            "list" => "klist",
            "hash" => "khash",
            "set" => "kset",
            "sorted-set" => "kzset",
            "stream" => "kstream",
            "hyperloglog" => "khll",
            "geo" => "kgeo",
            "bitmap" or "string" => Any(["kstr", "kint"]),
            _ => Any(Keys),
        },
    };

    private string Any(string[] choices) => choices[random.Next(choices.Length)];
}
