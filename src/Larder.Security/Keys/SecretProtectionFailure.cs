namespace Larder.Security.Keys;

/// <summary>Why a protected secret could not be read.</summary>
public enum SecretProtectionFailure
{
    /// <summary>The text is not an envelope of a version this program knows.</summary>
    Malformed,

    /// <summary>It was encrypted under another master key.</summary>
    WrongKey,

    /// <summary>Right key, but the content was changed, or it was encrypted for another purpose.</summary>
    NotAuthentic,
}
