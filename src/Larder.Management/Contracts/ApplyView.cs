namespace Larder.Management.Contracts;

/// <summary>The answer to an accepted apply or delete.</summary>
/// <param name="Plan">What is being carried out; <c>null</c> for a delete.</param>
/// <param name="OperationId">The operation to follow, or <c>null</c> where nothing was to be done.</param>
public sealed record ApplyView(PlanView? Plan, string? OperationId);
