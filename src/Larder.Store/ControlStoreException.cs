namespace Larder.Store;

/// <summary>The control store could not do what was asked.</summary>
public class ControlStoreException : Exception
{
    /// <summary>Makes one.</summary>
    /// <param name="message">What happened, to what, and what to do.</param>
    /// <param name="isTransient">Whether the same call may succeed later.</param>
    /// <param name="innerException">The cause, or <c>null</c>.</param>
    public ControlStoreException(string message, bool isTransient, Exception? innerException = null)
        : base(message, innerException) => IsTransient = isTransient;

    /// <summary>Whether the same call may succeed later (a busy file, a full disk), or never (a newer schema, a bad key).</summary>
    public bool IsTransient { get; }
}
