using System.Globalization;
using Larder.Engines;
using Larder.Model.Events;

namespace Larder.Controller.Durability;

/// <summary>
/// Watches what one running node keeps on disk, and tells when something comes to be wrong with it and when nothing is any more. Used by one loop.
/// </summary>
/// <param name="configuration">The node.</param>
/// <param name="options">The limits.</param>
/// <param name="events">Where it is told.</param>
internal sealed class DataWatch(NodeConfiguration configuration, AgentOptions options, IEventJournal events)
{
    private DataTrouble _suspected;

    /// <summary>What is wrong; certain.</summary>
    public DataTrouble Trouble { get; private set; }

    /// <summary>What is wrong in one sentence, with what to do; empty where nothing is.</summary>
    public string Alarm { get; private set; } = "";

    /// <summary>Takes a look into account. A missing file counts when it is missing twice: the engine exchanges files while it runs.</summary>
    /// <param name="sight">What was seen.</param>
    /// <param name="folder">Where the node's log is, or its data where it has none.</param>
    /// <param name="primary">Whether it is the primary: what to do differs.</param>
    public void See(DataSight sight, string folder, bool primary)
    {
        var now = sight.Judge(options, configuration.LogRewriteBytes);
        var certain = now is not (DataTrouble.FolderGone or DataTrouble.LogGone) || now == _suspected;
        _suspected = now;
        if (!certain)
        {
            return;
        }

        Alarm = Sentence(now, sight, folder, primary);
        if (now == Trouble)
        {
            return;
        }

        Trouble = now;
        events.Append(now == DataTrouble.None
            ? new CacheEvent(EventKind.DataWritten, configuration.Cache, $"What node {configuration.Ordinal} of {configuration.Cache} has is written to its disk again as it is to be.") { Node = configuration.Ordinal }
            : new CacheEvent(EventKind.DataNotWritten, configuration.Cache, Alarm) { Node = configuration.Ordinal });
    }

    /// <summary>Forgets: the process has ended.</summary>
    public void Forget() => (Trouble, _suspected, Alarm) = (DataTrouble.None, DataTrouble.None, "");

    private string Sentence(DataTrouble trouble, DataSight sight, string folder, bool primary) => trouble switch
    {
        DataTrouble.FolderGone => $"The data folder of node {configuration.Ordinal} of {configuration.Cache}, '{folder}', was deleted while its process runs: nothing that it writes would be found again. "
            + (primary ? $"Hand over, and it is made anew: larder failover {configuration.Cache}" : "The node is started anew and gets everything from the primary."),
        DataTrouble.LogGone => $"The log of node {configuration.Ordinal} of {configuration.Cache} was deleted from '{folder}' while its process runs; it is made anew there.",
        DataTrouble.CannotAppend => $"Node {configuration.Ordinal} of {configuration.Cache} cannot write to its log in '{folder}', and refuses writes of clients until it can. Is the disk full, or read-only?",
        DataTrouble.RewriteOverdue => string.Create(
            CultureInfo.InvariantCulture,
            $"The rewrite of the log of node {configuration.Ordinal} of {configuration.Cache} in '{folder}' has been under way for {sight.Log!.RewritingFor!.Value.TotalMinutes:0} min; {options.RewriteLimit.TotalMinutes:0} min were to be enough. Is the disk slow?"),
        DataTrouble.RewriteFailed => $"The log of node {configuration.Ordinal} of {configuration.Cache} in '{folder}' could not be rewritten: nothing is lost, but it grows until a rewrite succeeds. "
            + "The engine tries again by itself. Is the disk full? Its words are in the node's log/engine.log.",
        DataTrouble.LogGrows => string.Create(
            CultureInfo.InvariantCulture,
            $"The log of node {configuration.Ordinal} of {configuration.Cache} in '{folder}' is {sight.Log!.Bytes >> 20} MiB, far more than the size at which it is rewritten, and it is not being rewritten. Its words are in the node's log/engine.log."),
        _ => "",
    };
}
