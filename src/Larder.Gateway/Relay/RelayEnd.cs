namespace Larder.Gateway.Relay;

/// <summary>How the authenticated part of a session ended.</summary>
internal enum RelayEnd : byte
{
    /// <summary>The session is over; what was answered may still be on its way to the client.</summary>
    Over,

    /// <summary>The session is over and nothing can be delivered any more.</summary>
    Broken,

    /// <summary>The client gave RESET: it is a stranger again on the same connection.</summary>
    Reset,

    /// <summary>The client needs no engine connection of its own any more.</summary>
    Unpinned,
}
