namespace Larder.Host.Cli;

/// <summary>The exit codes: a stable contract with scripts.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>It was right to ask, and it did not work.</summary>
    public const int Failed = 1;

    /// <summary>Refused or bad input: nothing was changed, and the same request is refused again.</summary>
    public const int Refused = 2;
}
