namespace Larder.Engines;

/// <summary>What a node says of its append-only log.</summary>
/// <param name="Bytes">The log's size: base and increments.</param>
/// <param name="BaseBytes">Its size after the last rewrite, or when the node was started.</param>
/// <param name="RewritingFor">How long a rewrite has been under way, or <c>null</c> where none is.</param>
/// <param name="LastRewriteFailed">Whether the last rewrite failed. The engine tries again by itself, after a growing pause.</param>
/// <param name="CannotAppend">Whether the last write to it failed: the engine then refuses writes of clients until one succeeds.</param>
public sealed record LogProbe(long Bytes, long BaseBytes, TimeSpan? RewritingFor, bool LastRewriteFailed, bool CannotAppend);
