namespace Larder.Management.Services;

/// <summary>Why management does not do what was asked.</summary>
public enum ManagementFailure
{
    /// <summary>The request is not of the right form.</summary>
    Invalid,

    /// <summary>There is no such thing.</summary>
    NotFound,

    /// <summary>It is understood and not allowed.</summary>
    Refused,

    /// <summary>Something else is being done to the same thing.</summary>
    Busy,

    /// <summary>Something that it needs does not answer now.</summary>
    Unavailable,
}
