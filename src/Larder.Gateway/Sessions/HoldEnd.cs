namespace Larder.Gateway.Sessions;

/// <summary>How waiting for a primary has ended.</summary>
internal enum HoldEnd : byte
{
    /// <summary>There was one, and with it what was to be done is done.</summary>
    Done,

    /// <summary>The hold limit is over.</summary>
    Expired,

    /// <summary>It is not wanted any more.</summary>
    Over,
}
