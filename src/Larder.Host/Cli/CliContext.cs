using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Larder.Host.Cli.Output;
using Larder.Host.Client;
using Larder.Model.Installation;

namespace Larder.Host.Cli;

/// <summary>What one call of a verb works with.</summary>
internal sealed record CliContext
{
    /// <summary>The installation.</summary>
    public required LarderHome Home { get; init; }

    /// <summary>How results are written.</summary>
    public required OutputFormat Output { get; init; }

    /// <summary>The standard streams.</summary>
    public required CliConsole Console { get; init; }

    /// <summary>The rest of the program.</summary>
    public required CliServices Services { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>How this installation's larder is called, for lines that the user may copy.</summary>
    public required string Command { get; init; }

    /// <summary>A client of the installation's daemon.</summary>
    /// <returns>The client; the caller disposes it.</returns>
    public ManagementClient Client() => new(Home, Clock, Command);

    /// <summary>Writes an answer of the daemon as it is, indented.</summary>
    /// <param name="answer">The answer.</param>
    public void WriteJson(JsonElement answer) => Console.Out.WriteLine(JsonSerializer.Serialize(answer, ClientJson.Human.JsonElement));

    /// <summary>Writes a result: as JSON, or as the text for people.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="value">The result.</param>
    /// <param name="type">Its JSON form, of <see cref="ClientJson.Human"/>.</param>
    /// <param name="asText">Writes it for people.</param>
    public void Write<T>(T value, JsonTypeInfo<T> type, Action asText)
    {
        if (Output == OutputFormat.Json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(value, type));
        }
        else
        {
            asText();
        }
    }
}
