namespace Larder.Controller.Shards;

/// <summary>How a handover ended.</summary>
/// <param name="Succeeded">Whether another node is the primary now.</param>
/// <param name="Message">One sentence: to whom and how long commands were held, or why not, and that everything is as before.</param>
internal sealed record HandoverResult(bool Succeeded, string Message);
