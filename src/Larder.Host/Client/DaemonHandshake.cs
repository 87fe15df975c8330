using System.Text.Json;
using Larder.Management.Contracts;

namespace Larder.Host.Client;

/// <summary>
/// The one line that a daemon says on standard output: <c>{"ready":true,"pid":N}</c>, or
/// <c>{"ready":false,"exitCode":1|2,"error":{"code","message","details"}}</c>.
/// </summary>
/// <param name="Ready">Whether the management API answers from now on.</param>
/// <param name="Pid">The daemon's process; only where it is ready.</param>
/// <param name="ExitCode">The exit code that it ends with; only where it is not ready.</param>
/// <param name="Error">Why it is not ready.</param>
internal sealed record DaemonHandshake(bool Ready, int? Pid, int? ExitCode, ErrorView? Error)
{
    /// <summary>Reads the line.</summary>
    /// <param name="line">The line.</param>
    /// <returns>What it says, or <c>null</c> where it is not such a line.</returns>
    public static DaemonHandshake? TryParse(string line)
    {
        try
        {
            var handshake = JsonSerializer.Deserialize(line, ClientJson.Default.DaemonHandshake);
            return handshake switch
            {
                { Ready: true, Pid: > 0 } => handshake,
                { Ready: false, ExitCode: 1 or 2, Error.Message: not null } =>
                    handshake with { Error = handshake.Error with { Details = handshake.Error.Details.IsDefault ? [] : handshake.Error.Details } },
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
