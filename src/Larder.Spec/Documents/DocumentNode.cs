namespace Larder.Spec.Documents;

/// <summary>A value of a YAML or JSON text that knows where it stands. Immutable.</summary>
internal abstract class DocumentNode(SourcePosition position)
{
    /// <summary>Its first character.</summary>
    public SourcePosition Position { get; } = position;

    /// <summary>What it is, with an article: <c>a text</c>, <c>a mapping</c>.</summary>
    public abstract string KindName { get; }

    /// <summary>The value as messages show it: short and without control characters.</summary>
    public abstract string Shown { get; }
}
