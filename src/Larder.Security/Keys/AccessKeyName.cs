namespace Larder.Security.Keys;

/// <summary>Which of a cache's two access keys.</summary>
public enum AccessKeyName
{
    /// <summary>The primary key.</summary>
    Primary,

    /// <summary>The secondary key.</summary>
    Secondary,
}
