namespace Larder.Controller.Recovery;

/// <summary>What a log's file is like.</summary>
/// <param name="Bytes">Its size.</param>
/// <param name="ValidUpTo">How far it can be read: whole commands, and whole transactions.</param>
/// <param name="Torn">Whether it only ends too early: what is behind <paramref name="ValidUpTo"/> is the beginning of a command or transaction.</param>
/// <param name="Problem">What stands there instead of a command; empty where the file is whole or torn.</param>
/// <param name="LastStamp">The last timestamp in it, or <c>null</c>.</param>
/// <param name="Commands">Whole commands.</param>
internal sealed record LogScan(long Bytes, long ValidUpTo, bool Torn, string Problem, DateTimeOffset? LastStamp, long Commands)
{
    /// <summary>Whether it is whole.</summary>
    public bool Whole => !Torn && Problem.Length == 0;
}
