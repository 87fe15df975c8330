using System.Text.Json;

namespace Larder.EndToEnd.Tests.Harness;

/// <summary>What a command said and how it ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    /// <summary>The end of the daemon's log where the command failed and there is one: the cause is told there.</summary>
    public string DaemonLog { get; init; } = "";

    public JsonElement Json
    {
        get
        {
            try
            {
                using var document = JsonDocument.Parse(Output);
                return document.RootElement.Clone();
            }
            catch (JsonException exception)
            {
                throw new InvalidOperationException($"Not JSON ({exception.Message}): {this}", exception);
            }
        }
    }

    /// <summary>Written out, since the record's own would read <see cref="Json"/>, which fails with this text.</summary>
    public override string ToString() => $"exit code {ExitCode}; output: {Output.Trim()}; errors: {Error.Trim()}{(DaemonLog.Length > 0 ? $"; the daemon's log ends:\n{DaemonLog}" : "")}";

    public CommandResult Succeeded() =>
        ExitCode == 0 ? this : throw new InvalidOperationException($"Expected exit code 0: {this}");
}
