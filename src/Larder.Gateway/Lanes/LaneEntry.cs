namespace Larder.Gateway.Lanes;

/// <summary>One command in a lane, from when its client gave it until it is answered.</summary>
/// <param name="Session">Whose it is.</param>
/// <param name="Start">Where its bytes begin in the lane's journal; for a reply of the gateway itself, where the next command's do.</param>
/// <param name="Length">How many bytes it has.</param>
/// <param name="Reads">Whether it only reads, so that it may be given twice.</param>
/// <param name="Reply">What the gateway answers in its turn; <c>null</c> for a command of the engine.</param>
/// <param name="IsInfo">Whether its reply tells numbers of clients, which the gateway knows better.</param>
internal readonly record struct LaneEntry(SharedSession Session, long Start, int Length, bool Reads, byte[]? Reply = null, bool IsInfo = false)
{
    /// <summary>Where its bytes end.</summary>
    public long End => Start + Length;
}
