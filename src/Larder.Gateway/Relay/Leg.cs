namespace Larder.Gateway.Relay;

/// <summary>One engine connection of a session, with what belongs to it.</summary>
/// <param name="Link">The connection.</param>
/// <param name="Ledger">What it still has to answer.</param>
internal sealed record Leg(EngineLink Link, ReplyLedger Ledger)
{
    /// <summary>The reply side; completes when the connection has ended.</summary>
    public Task<ReplyPumpEnd> Replies { get; set; } = null!;

    /// <summary>The reply side itself; after the end of <see cref="Replies"/>: what it leaves behind.</summary>
    public ReplyPump Pump { get; set; } = null!;

    /// <summary>After the end of <see cref="Replies"/>: whether it was the engine that ended the connection.</summary>
    public bool IsEndedByEngine { get; set; }

    /// <summary>When <see cref="Replies"/> has ended: a timestamp.</summary>
    public long EndedAt { get; set; }

    /// <summary>
    /// Since when commands have been given again and again because the engine does not execute them; <c>null</c> while they are executed. A timestamp.
    /// </summary>
    public long? NotExecutedSince { get; init; }

    /// <summary>After the connection was left: the command that waited there and is to wait at the next one. Needs the ledger's gate.</summary>
    public BlockingCommand? Waiting { get; set; }

    /// <summary>Whether the reply of <see cref="Waiting"/> is kept back until a replica acknowledges.</summary>
    public bool IsWaitingKeptBack { get; set; }
}
