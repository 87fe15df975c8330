namespace Larder.Gateway.Relay;

/// <summary>Why no more replies are passed on.</summary>
internal enum ReplyPumpEnd : byte
{
    /// <summary>The engine closed the connection, or the gateway did.</summary>
    EngineClosed,

    /// <summary>The engine is the primary no more and gave back the command that waited there.</summary>
    Unblocked,

    /// <summary>The engine did not execute commands, since it is no primary that can; what was under way besides is answered.</summary>
    NotExecuted,

    /// <summary>The client does not take replies any more.</summary>
    ClientGone,

    /// <summary>The last reply was given (QUIT, or an error after which the connection ends).</summary>
    Finished,

    /// <summary>The client is a stranger again (RESET).</summary>
    Reset,

    /// <summary>The engine sent what is nobody's reply.</summary>
    Violation,
}
