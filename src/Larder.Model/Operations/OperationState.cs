namespace Larder.Model.Operations;

/// <summary>Where a long-running operation stands.</summary>
public enum OperationState
{
    /// <summary>Accepted; the controller is at it. It goes on after a restart of the daemon.</summary>
    Running,

    /// <summary>Done.</summary>
    Succeeded,

    /// <summary>Given up; <see cref="OperationDocument.Error"/> says why.</summary>
    Failed,
}
