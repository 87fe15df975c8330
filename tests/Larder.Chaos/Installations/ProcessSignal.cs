namespace Larder.Chaos.Installations;

/// <summary>Signals, by their numbers on Linux.</summary>
public enum ProcessSignal
{
    /// <summary>SIGKILL.</summary>
    Kill = 9,

    /// <summary>SIGCONT.</summary>
    Continue = 18,

    /// <summary>SIGSTOP.</summary>
    Stop = 19,
}
