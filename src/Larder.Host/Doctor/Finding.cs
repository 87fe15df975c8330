namespace Larder.Host.Doctor;

/// <summary>One thing that a check found.</summary>
/// <param name="Check">The check's name, one word.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Message">What was found, one sentence.</param>
/// <param name="Advice">What to do; empty where nothing is to be done.</param>
internal sealed record Finding(string Check, FindingLevel Level, string Message, string Advice)
{
    /// <summary>As it should be.</summary>
    /// <param name="check">The check.</param>
    /// <param name="message">What was found.</param>
    /// <returns>The finding.</returns>
    public static Finding Ok(string check, string message) => new(check, FindingLevel.Ok, message, "");

    /// <summary>It works, and a person should know.</summary>
    /// <param name="check">The check.</param>
    /// <param name="message">What was found.</param>
    /// <param name="advice">What to do.</param>
    /// <returns>The finding.</returns>
    public static Finding Warning(string check, string message, string advice) => new(check, FindingLevel.Warning, message, advice);

    /// <summary>Something does not work.</summary>
    /// <param name="check">The check.</param>
    /// <param name="message">What was found.</param>
    /// <param name="advice">What to do.</param>
    /// <returns>The finding.</returns>
    public static Finding Error(string check, string message, string advice) => new(check, FindingLevel.Error, message, advice);
}
