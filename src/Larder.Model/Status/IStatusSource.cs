namespace Larder.Model.Status;

/// <summary>Where the observed state of caches is read. Thread-safe.</summary>
public interface IStatusSource
{
    /// <summary>What was last seen of a cache.</summary>
    /// <param name="cache">The cache's name, in any case.</param>
    /// <returns>The status, or <c>null</c> where nothing was seen yet.</returns>
    CacheStatus? Find(string cache);
}
