using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Larder.Management.Contracts;
using Larder.Model.Events;

namespace Larder.Management.Services;

/// <summary>Shows and follows what happened to caches.</summary>
/// <param name="documents">Reads the stored caches.</param>
/// <param name="source">The journal.</param>
internal sealed class EventService(CacheDocuments documents, IEventSource source)
{
    /// <summary>How long a follower hears nothing before it is told that the daemon is still there.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(30);

    /// <summary>The events of a cache that are kept.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="after">The sequence of the last one that is known, or <c>null</c> for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Oldest first.</returns>
    /// <exception cref="ManagementException">There is no such cache, or the sequence is none.</exception>
    public async Task<ImmutableArray<EventView>> ListAsync(string name, string? after, CancellationToken cancellationToken)
    {
        var known = Sequence(after);
        var cache = (await documents.GetAsync(name, cancellationToken)).Document.Spec.Name;
        return [.. (await source.ReadAsync(cache, known, TimeSpan.Zero, cancellationToken)).Events.Select(View)];
    }

    /// <summary>The events of a cache as they happen.</summary>
    /// <param name="name">The cache.</param>
    /// <param name="after">The sequence of the last one that is known, or <c>null</c> for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Oldest first; <c>null</c> now and then where nothing happens. Ends when the cache is deleted.</returns>
    /// <exception cref="ManagementException">There is no such cache, or the sequence is none.</exception>
    public async Task<IAsyncEnumerable<EventView?>> FollowAsync(string name, string? after, CancellationToken cancellationToken)
    {
        var known = Sequence(after);
        return FollowAsync((await documents.GetAsync(name, cancellationToken)).Document.Spec.Name, known, cancellationToken);
    }

    private async IAsyncEnumerable<EventView?> FollowAsync(string cache, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await source.ReadAsync(cache, after, Heartbeat, cancellationToken);
            foreach (var happened in page.Events)
            {
                after = happened.Sequence;
                yield return View(happened);
            }

            if (page.Ended || (page.Events.IsEmpty && (await documents.FindAsync(cache, cancellationToken)).Document is null))
            {
                yield break;
            }

            if (page.Events.IsEmpty)
            {
                yield return null;
            }
        }
    }

    private static long Sequence(string? after) => after is null ? 0
        : long.TryParse(after, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var sequence) ? sequence
        : throw new ManagementException(ManagementFailure.Invalid, $"after is '{after}'; it must be the sequence of an event: a whole number from 0 on.");

    private static EventView View(CacheEvent happened) => new(
        happened.Sequence, happened.At, happened.Kind.ToString(), happened.Cache, happened.Shard, happened.Node, happened.Epoch, happened.Message);
}
