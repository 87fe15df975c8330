using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Larder.Model.Specs;

namespace Larder.Spec;

/// <summary>A spec, or every mistake that keeps a text from being one. Exactly one of the two is there.</summary>
public sealed record SpecLoadResult
{
    internal SpecLoadResult(CacheSpec spec) => Spec = spec;

    internal SpecLoadResult(ImmutableArray<SpecError> errors) => Errors = errors;

    /// <summary>The spec, presets and defaults applied; <c>null</c> where there are errors.</summary>
    public CacheSpec? Spec { get; }

    /// <summary>All mistakes in the order of the text; empty where there is a spec. A text with more than 100 has the rest counted in a last one.</summary>
    public ImmutableArray<SpecError> Errors { get; } = [];

    /// <summary>Whether there is a spec.</summary>
    [MemberNotNullWhen(true, nameof(Spec))]
    public bool IsValid => Spec is not null;
}
