using System.Collections.Immutable;

namespace Larder.Model.Events;

/// <summary>Some events of one cache.</summary>
/// <param name="Events">Oldest first; may be empty.</param>
/// <param name="Ended">Whether no more will come: the cache was deleted.</param>
public sealed record EventPage(ImmutableArray<CacheEvent> Events, bool Ended);
