namespace Larder.Engines.Client;

/// <summary>The kinds of RESP2 replies.</summary>
internal enum ReplyKind
{
    /// <summary>A status line such as <c>OK</c>.</summary>
    Status,

    /// <summary>An error; its text begins with its code.</summary>
    Error,

    /// <summary>An integer.</summary>
    Integer,

    /// <summary>A text of given length.</summary>
    Text,

    /// <summary>Nothing: a null text or array.</summary>
    Null,

    /// <summary>A list of replies.</summary>
    Array,
}
