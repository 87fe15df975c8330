namespace Larder.Host.Drill;

/// <summary>The cache answered a command with an error.</summary>
/// <param name="message">The error as it came, such as <c>READONLY …</c>.</param>
internal sealed class DrillReplyException(string message) : Exception(message)
{
    /// <summary>The error's first word.</summary>
    public string Word { get; } = message.Split(' ', 2)[0];
}
