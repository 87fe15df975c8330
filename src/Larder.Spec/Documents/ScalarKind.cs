namespace Larder.Spec.Documents;

/// <summary>The type of a scalar, by the core schema of YAML 1.2 or by JSON.</summary>
internal enum ScalarKind
{
    /// <summary>No value.</summary>
    Null,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number written with a fraction or an exponent.</summary>
    Number,

    /// <summary>Anything else, and everything in quotes.</summary>
    Text,
}
