namespace Larder.Spec.Documents;

/// <summary>A place in a text. Both numbers are 1-based; the column counts characters.</summary>
internal readonly record struct SourcePosition(int Line, int Column);
