using System.Globalization;
using Larder.Compat.Wire;

namespace Larder.Compat.Differential;

/// <summary>Reads an engine's own table of commands.</summary>
public static class CommandSpecs
{
    /// <param name="connection">A connection in RESP2.</param>
    /// <returns>Every command and every subcommand, by name.</returns>
    public static async Task<IReadOnlyList<CommandSpec>> ReadAsync(RespConnection connection)
    {
        var documents = Pairs(await connection.AskAsync("COMMAND", "DOCS"));
        var specs = new List<CommandSpec>();
        foreach (var command in (await connection.AskAsync("COMMAND")).Items)
        {
            var name = command.Items[0].Text;
            Add([name], command, documents.GetValueOrDefault(name) ?? documents.GetValueOrDefault(name.ToUpperInvariant()));
        }

        return [.. specs.OrderBy(spec => spec.Name, StringComparer.Ordinal)];

        void Add(IReadOnlyList<string> words, RespValue command, RespValue? document)
        {
            var fields = document is null ? [] : Pairs(document);
            var group = fields.GetValueOrDefault("group")?.Text ?? "";
            specs.Add(new CommandSpec(
                words,
                int.Parse(command.Items[1].Text, CultureInfo.InvariantCulture),
                int.Parse(command.Items[3].Text, CultureInfo.InvariantCulture),
                Texts(command.Items[2]),
                group,
                Arguments(fields.GetValueOrDefault("arguments"))));
            var documented = fields.GetValueOrDefault("subcommands") is { } described ? Pairs(described) : [];
            foreach (var subcommand in command.Items.Count > 9 ? command.Items[9].Items : [])
            {
                // "client|list"
                var name = subcommand.Items[0].Text;
                Add([words[0], name[(name.IndexOf('|', StringComparison.Ordinal) + 1)..]], subcommand, documented.GetValueOrDefault(name));
            }
        }
    }

    private static ArgumentSpec[] Arguments(RespValue? list) => list is null ? [] :
    [
        .. list.Items.Select(Pairs).Select(fields => new ArgumentSpec(
            fields.GetValueOrDefault("name")?.Text ?? "",
            fields.GetValueOrDefault("type")?.Text ?? "string",
            fields.GetValueOrDefault("token")?.Text,
            fields.GetValueOrDefault("flags") is { } flags ? Texts(flags) : new HashSet<string>(),
            Arguments(fields.GetValueOrDefault("arguments")))),
    ];

    private static HashSet<string> Texts(RespValue list) => [.. list.Items.Select(item => item.Text)];

    private static Dictionary<string, RespValue> Pairs(RespValue map)
    {
        var pairs = new Dictionary<string, RespValue>(StringComparer.OrdinalIgnoreCase);
        for (var index = 0; index + 1 < map.Items.Count; index += 2)
        {
            pairs[map.Items[index].Text] = map.Items[index + 1];
        }

        return pairs;
    }
}
