using System.Collections.Immutable;
using Larder.Spec.Documents;

namespace Larder.Spec;

/// <summary>Gathers the mistakes of one text.</summary>
internal sealed class SpecErrors(string source)
{
    /// <summary>Beyond this, a file is not a spec with mistakes, but something else; the rest is counted only.</summary>
    private const int Most = 100;

    private readonly List<SpecError> _errors = [];
    private int _dropped;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _errors.Count == 0;

    /// <summary>Adds a mistake.</summary>
    public void Add(
        SpecErrorKind kind, SourcePosition position, string field, string problem, string? given = null, string? allowed = null, string? hint = null)
    {
        if (_errors.Count == Most)
        {
            _dropped++;
            return;
        }

        _errors.Add(new SpecError
        {
            Kind = kind,
            Source = source,
            Line = position.Line,
            Column = position.Column,
            Field = Printable.Of(field),
            Given = given,
            Problem = problem,
            Allowed = allowed,
            Hint = hint,
        });
    }

    /// <summary>Adds a mistake of the text as a whole.</summary>
    public void AddWhole(SpecErrorKind kind, string problem, string? hint = null) =>
        _errors.Add(new SpecError { Kind = kind, Source = source, Problem = problem, Hint = hint });

    /// <summary>Adds the second occurrence of a field.</summary>
    public void AddDuplicate(string field, SourcePosition position, SourcePosition first) => Add(
        SpecErrorKind.Duplicate, position, field, $"is given twice, first in line {first.Line}", hint: "Remove one of the two.");

    /// <summary>All mistakes in the order of the text.</summary>
    public ImmutableArray<SpecError> ToImmutable()
    {
        var sorted = _errors.OrderBy(error => error.Line ?? 0).ThenBy(error => error.Column ?? 0).ToImmutableArray();
        return _dropped == 0
            ? sorted
            : sorted.Add(new SpecError { Kind = SpecErrorKind.NotAllowed, Source = source, Problem = $"{_dropped} more mistakes are not listed" });
    }
}
