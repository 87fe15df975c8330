namespace Larder.Security.Files;

/// <summary>A file or folder of the installation cannot be trusted or used; the message says which, why, and what to do. Retrying does not help.</summary>
/// <param name="path">The file or folder.</param>
/// <param name="message">What is wrong and what to do.</param>
/// <param name="innerException">The cause, or <c>null</c>.</param>
public sealed class SecretFileException(string path, string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The file or folder, an absolute path.</summary>
    public string Path { get; } = path;
}
