namespace Larder.Gateway.Lanes;

/// <summary>
/// What is still to be done when a lane leaves an engine that is gone, or that says that it executes nothing: commands for the next one, and replies
/// whose turn has not come.
/// </summary>
internal sealed class LaneRetreat
{
    private readonly List<(LaneEntry Entry, byte[]? Command)> _kept = [];

    /// <summary>What is to be done, in its order: commands with their bytes, and replies.</summary>
    public IReadOnlyList<(LaneEntry Entry, byte[]? Command)> Kept => _kept;

    /// <summary>Keeps something for later.</summary>
    /// <param name="entry">What.</param>
    /// <param name="command">Its bytes; <c>null</c> for a reply.</param>
    public void Keep(LaneEntry entry, byte[]? command)
    {
        _kept.Add((entry, command));
    }

    /// <summary>Takes a command that such an engine has answered.</summary>
    /// <param name="entry">The command.</param>
    /// <param name="reply">The reply; <c>null</c> where it was not executed.</param>
    /// <param name="journal">Has its bytes.</param>
    public void Take(in LaneEntry entry, byte[]? reply, LaneJournal journal)
    {
        // An engine that is no primary may have given a reader something old.
        if (reply is null || entry.Reads)
        {
            Keep(entry, journal.Copy(entry));
        }
        else
        {
            Keep(entry with { Reply = reply }, null);
        }
    }

    /// <summary>Takes the gateway's own replies that have come to the front.</summary>
    /// <param name="queue">The lane's queue.</param>
    public void TakeAnswers(LaneQueue queue)
    {
        while (queue.Count > 0 && queue.Head.Reply is not null)
        {
            Keep(queue.Take(), null);
        }
    }
}
