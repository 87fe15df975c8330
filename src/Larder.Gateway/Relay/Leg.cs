namespace Larder.Gateway.Relay;

/// <summary>One engine connection of a session, with what belongs to it.</summary>
/// <param name="Link">The connection.</param>
/// <param name="Ledger">What it still has to answer.</param>
internal sealed record Leg(EngineLink Link, ReplyLedger Ledger)
{
    /// <summary>The reply side; completes when the connection has ended.</summary>
    public Task<ReplyPumpEnd> Replies { get; set; } = null!;

    /// <summary>After the connection was left: the command that waited there and is to wait at the next one. Needs the ledger's gate.</summary>
    public BlockingCommand? Waiting { get; set; }
}
