namespace Larder.Gateway.Commands;

/// <summary>A command of the engine.</summary>
/// <param name="Name">Its name, in lower case.</param>
/// <param name="Effect">What it does.</param>
/// <param name="IsShareable">Whether it may be given to the engine on a connection that others use too: it neither needs nor leaves a state there, and never waits.</param>
/// <param name="FirstKey">The index of its first key; 0 where it has none at a fixed place.</param>
/// <param name="LastKey">The index of its last key; below 0 counted from the end.</param>
/// <param name="KeyStep">From one key to the next.</param>
internal sealed record KnownCommand(string Name, CommandEffect Effect, bool IsShareable, int FirstKey, int LastKey, int KeyStep)
{
    /// <summary>What Redis writes for the name of a command that it does not have, or of none.</summary>
    public const string NoName = "NULL";

    /// <summary>What is said before a command for a slot that is on its way.</summary>
    public static KnownCommand Asking { get; } = new("asking", CommandEffect.Reads, IsShareable: false, 0, 0, 0);

    /// <summary>Whether its reply tells numbers of clients, which the gateway knows better.</summary>
    public bool IsInfo { get; } = Name == "info";
}
