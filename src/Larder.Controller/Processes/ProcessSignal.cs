namespace Larder.Controller.Processes;

/// <summary>The signals that the agent and its tests send; values are Linux's numbers.</summary>
public enum ProcessSignal
{
    /// <summary>Asks for an orderly end.</summary>
    Terminate = 15,

    /// <summary>Ends the process at once.</summary>
    Kill = 9,

    /// <summary>Freezes the process.</summary>
    Stop = 19,

    /// <summary>Thaws a frozen process.</summary>
    Continue = 18,
}
