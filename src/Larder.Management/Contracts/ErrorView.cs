using System.Collections.Immutable;

namespace Larder.Management.Contracts;

/// <summary>The body of every answer that is not a success.</summary>
/// <param name="Code">A stable word: <c>not_found</c>, <c>refused</c>, <c>invalid_spec</c>, <c>busy</c>, <c>unavailable</c> …</param>
/// <param name="Message">What happened, to which thing, and what to do next.</param>
/// <param name="Details">One sentence for each single reason; may be empty.</param>
public sealed record ErrorView(string Code, string Message, ImmutableArray<string> Details);
