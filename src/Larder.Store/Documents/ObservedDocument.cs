namespace Larder.Store.Documents;

/// <summary>What the controller has reached for a cache; written on milestones only, never on a tick.</summary>
/// <param name="ReadyGeneration">The newest spec generation for which the cache was Ready; 0 before the first time.</param>
/// <param name="FirstReadyAt">When it was Ready for the first time, or <c>null</c>.</param>
public sealed record ObservedDocument(long ReadyGeneration, DateTimeOffset? FirstReadyAt);
