namespace Larder.Controller.Processes;

/// <summary>A program could not be started; nothing of it runs. Retrying helps only where the machine was short of something.</summary>
/// <param name="executable">The program.</param>
/// <param name="error">The system's error number, or 0.</param>
/// <param name="message">What failed and what to do.</param>
public sealed class ProcessLaunchException(string executable, int error, string message) : Exception(message)
{
    /// <summary>The program, an absolute path.</summary>
    public string Executable { get; } = executable;

    /// <summary>The system's error number (errno), such as 2 where the program does not exist; 0 where the system gave none.</summary>
    public int Error { get; } = error;
}
