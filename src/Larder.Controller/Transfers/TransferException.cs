namespace Larder.Controller.Transfers;

/// <summary>A transfer cannot be done, and nothing was changed.</summary>
/// <param name="code">A stable word.</param>
/// <param name="message">What is wrong, with which thing, and what to do next.</param>
internal sealed class TransferException(string code, string message) : Exception(message)
{
    /// <summary>A stable word.</summary>
    public string Code { get; } = code;
}
