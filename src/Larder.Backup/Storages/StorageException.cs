namespace Larder.Backup.Storages;

/// <summary>A storage could not do what was asked.</summary>
/// <param name="kind">Why.</param>
/// <param name="message">What happened, in which storage, to which object, and what to do next; no credential.</param>
/// <param name="innerException">The cause, or <c>null</c>.</param>
public sealed class StorageException(StorageFailure kind, string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Why.</summary>
    public StorageFailure Kind { get; } = kind;

    /// <summary>Whether the same may succeed later without anybody doing something.</summary>
    public bool IsTransient => Kind is StorageFailure.Unreachable or StorageFailure.Failed;
}
