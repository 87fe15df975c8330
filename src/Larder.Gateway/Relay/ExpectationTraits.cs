namespace Larder.Gateway.Relay;

/// <summary>What else matters of an <see cref="Expectation"/>.</summary>
[Flags]
internal enum ExpectationTraits : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The reply is kept back until a replica has acknowledged the write: <see cref="ExpectationKind.Acknowledgement"/> follows.</summary>
    KeptBack = 1,

    /// <summary>The reply of an EXEC with watched keys: given to another engine, where nobody watches, it would execute what must not be.</summary>
    Watched = 2,

    /// <summary>The reply of a command that is queued in a transaction: an error there spoils the transaction, and is the client's to see.</summary>
    Queued = 4,
}
