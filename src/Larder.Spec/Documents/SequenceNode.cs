namespace Larder.Spec.Documents;

/// <summary>A list. The form has none, so its items are not kept.</summary>
internal sealed class SequenceNode(SourcePosition position) : DocumentNode(position)
{
    /// <inheritdoc/>
    public override string KindName => "a list";

    /// <inheritdoc/>
    public override string Shown => "a list";
}
