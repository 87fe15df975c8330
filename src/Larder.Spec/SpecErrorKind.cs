namespace Larder.Spec;

/// <summary>What kind of mistake a <see cref="SpecError"/> is.</summary>
public enum SpecErrorKind
{
    /// <summary>The file cannot be read: missing, a folder, no permission, too large, not text.</summary>
    Unreadable,

    /// <summary>The text is not YAML or JSON, or uses a part of YAML that specs do not.</summary>
    Syntax,

    /// <summary>A field that the form does not have.</summary>
    UnknownField,

    /// <summary>A field that is given twice.</summary>
    Duplicate,

    /// <summary>A required field that is missing.</summary>
    Missing,

    /// <summary>A value of the wrong type.</summary>
    WrongType,

    /// <summary>A value that is not allowed, or a field that is not allowed beside the others.</summary>
    NotAllowed,
}
