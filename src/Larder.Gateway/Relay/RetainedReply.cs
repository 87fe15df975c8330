namespace Larder.Gateway.Relay;

/// <summary>A command that an engine has answered, without that the client could get the answer yet.</summary>
/// <param name="expectation">What the command is answered with.</param>
/// <param name="reply">The answer.</param>
/// <param name="wasExecuted">False where the answer says that nothing was done.</param>
internal sealed class RetainedReply(Expectation expectation, byte[] reply, bool wasExecuted)
{
    /// <summary>What the command is answered with.</summary>
    public Expectation Expectation { get; } = expectation;

    /// <summary>The answer.</summary>
    public byte[] Reply { get; } = reply;

    /// <summary>Whether the engine did the command, or refused it for good.</summary>
    public bool WasExecuted { get; } = wasExecuted;

    /// <summary>For a reply that is kept back until a replica acknowledges: whether one has.</summary>
    public bool IsAcknowledged { get; set; }
}
