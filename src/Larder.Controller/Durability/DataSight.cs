using Larder.Engines;

namespace Larder.Controller.Durability;

/// <summary>What is seen of a running node's data at one moment.</summary>
/// <param name="FolderThere">Whether the data folder that its process works in still has a name.</param>
/// <param name="LogThere">Whether its log is where it is to be; true where it has none.</param>
/// <param name="Log">What it says of its log, or <c>null</c>.</param>
internal sealed record DataSight(bool FolderThere, bool LogThere, LogProbe? Log)
{
    /// <summary>Judges it.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="rewriteBytes">Below this size the log is not rewritten.</param>
    /// <returns>What is wrong.</returns>
    public DataTrouble Judge(AgentOptions options, long rewriteBytes) => this switch
    {
        { FolderThere: false } => DataTrouble.FolderGone,
        { Log: null } => DataTrouble.None,
        { LogThere: false } => DataTrouble.LogGone,
        { Log.CannotAppend: true } => DataTrouble.CannotAppend,
        _ when Log.RewritingFor > options.RewriteLimit => DataTrouble.RewriteOverdue,
        { Log.LastRewriteFailed: true } => DataTrouble.RewriteFailed,
        { Log.RewritingFor: null } when Log.Bytes > Math.Max(rewriteBytes * 2, Log.BaseBytes * options.LogGrowth) => DataTrouble.LogGrows,
        _ => DataTrouble.None,
    };
}
