namespace Larder.Spec.Documents;

/// <summary>One field of a mapping.</summary>
/// <param name="Key">Its name.</param>
/// <param name="KeyPosition">Where the name stands.</param>
/// <param name="Value">Its value.</param>
internal sealed record MappingEntry(string Key, SourcePosition KeyPosition, DocumentNode Value);
