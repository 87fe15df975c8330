namespace Larder.Spec.Documents;

/// <summary>A text cannot be read as a tree; nothing after this place can be judged.</summary>
internal sealed class DocumentException(SourcePosition position, string message, string? hint = null) : Exception(message)
{
    /// <summary>Where.</summary>
    public SourcePosition Position { get; } = position;

    /// <summary>What to do, or <c>null</c>.</summary>
    public string? Hint { get; } = hint;
}
