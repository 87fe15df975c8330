namespace Larder.Host.Daemon;

/// <summary>The daemon cannot start.</summary>
/// <param name="code">A stable word.</param>
/// <param name="message">What is wrong, with which thing, and what to do next.</param>
/// <param name="details">One sentence for each single reason.</param>
/// <param name="refused">Whether the fault lies in what was asked (exit code 2) and not in the machine (exit code 1).</param>
internal sealed class DaemonStartException(string code, string message, IReadOnlyList<string> details, bool refused) : Exception(message)
{
    /// <summary>A stable word.</summary>
    public string Code { get; } = code;

    /// <summary>One sentence for each single reason.</summary>
    public IReadOnlyList<string> Details { get; } = details;

    /// <summary>The exit code that says the same.</summary>
    public int ExitCode { get; } = refused ? 2 : 1;
}
