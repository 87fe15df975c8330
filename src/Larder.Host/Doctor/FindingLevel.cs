namespace Larder.Host.Doctor;

/// <summary>How bad a finding is.</summary>
internal enum FindingLevel
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It works, and a person should know.</summary>
    Warning,

    /// <summary>Something does not work, or will not.</summary>
    Error,
}
