namespace Larder.Gateway.Lanes;

/// <summary>Why a session does not share an engine connection any more.</summary>
internal enum SharedEnd : byte
{
    /// <summary>The session is over; what was answered may still be on its way to the client.</summary>
    Over,

    /// <summary>The session is over and nothing can be delivered any more.</summary>
    Broken,

    /// <summary>The client's next command needs a connection of its own. Nothing is under way.</summary>
    Pin,
}
