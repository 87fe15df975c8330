using System.Collections.Immutable;
using Larder.Management.Contracts;

namespace Larder.Host.Cli;

/// <summary>A verb ends here, with a message for the user and an exit code.</summary>
/// <param name="exitCode">One of <see cref="ExitCodes"/>.</param>
/// <param name="error">What to tell.</param>
internal sealed class CliException(int exitCode, ErrorView error) : Exception(error.Message)
{
    /// <summary>The exit code.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What to tell.</summary>
    public ErrorView Error { get; } = error;

    /// <summary>It did not work.</summary>
    /// <param name="code">A stable word.</param>
    /// <param name="message">What happened, to which thing, and what to do next.</param>
    /// <param name="details">One sentence for each single reason.</param>
    /// <returns>The exception to throw.</returns>
    public static CliException Failed(string code, string message, params ImmutableArray<string> details) =>
        new(ExitCodes.Failed, new ErrorView(code, message, details));

    /// <summary>What was asked is refused, or is not well formed.</summary>
    /// <param name="code">A stable word.</param>
    /// <param name="message">What is wrong, with which thing, and what is allowed.</param>
    /// <param name="details">One sentence for each single reason.</param>
    /// <returns>The exception to throw.</returns>
    public static CliException Refused(string code, string message, params ImmutableArray<string> details) =>
        new(ExitCodes.Refused, new ErrorView(code, message, details));
}
