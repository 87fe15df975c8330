namespace Larder.Model.Operations;

/// <summary>Why an operation failed.</summary>
/// <param name="Code">A stable word, such as <c>engine_does_not_start</c>.</param>
/// <param name="Message">What happened, to which thing, and what to do next.</param>
/// <param name="Undone">Whether everything is as it was before: then the fault lies in what was asked, not in what is running.</param>
public sealed record OperationError(string Code, string Message, bool Undone);
