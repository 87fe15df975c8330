namespace Larder.Model.Status;

/// <summary>The state of a cache as a whole.</summary>
public enum CacheState
{
    /// <summary>Not yet Ready for the first time.</summary>
    Creating,

    /// <summary>Working towards a changed spec.</summary>
    Updating,

    /// <summary>Every shard has its primary, and all its replicas are in sync.</summary>
    Ready,

    /// <summary>Serving, or about to, with something missing.</summary>
    Degraded,

    /// <summary>Creation or a change failed and is not retried until something changes.</summary>
    Failed,

    /// <summary>Being removed.</summary>
    Deleting,
}
