namespace Larder.Security.Keys;

/// <summary>A protected secret could not be read. Retrying does not help. The message never carries the secret.</summary>
/// <param name="kind">Why.</param>
/// <param name="message">What could not be read, and what to do.</param>
/// <param name="innerException">The cause, or <c>null</c>.</param>
public sealed class SecretProtectionException(SecretProtectionFailure kind, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Why it could not be read.</summary>
    public SecretProtectionFailure Kind { get; } = kind;
}
