using System.Collections.Immutable;

namespace Larder.Backup.History;

/// <summary>A log as it was at one time: its base holds all that was written before <paramref name="Start"/>, its increments what came after.</summary>
/// <param name="Start">From when on the state of any second can be rebuilt with it.</param>
/// <param name="Noted">When it was noted.</param>
/// <param name="Base">The kept base's file name, or <c>null</c> where the log began empty.</param>
/// <param name="Increments">The kept increments' file names, in order.</param>
public sealed record LogMoment(DateTimeOffset Start, DateTimeOffset Noted, string? Base, ImmutableArray<string> Increments);
