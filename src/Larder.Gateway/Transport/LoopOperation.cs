using System.Threading.Tasks.Sources;

namespace Larder.Gateway.Transport;

/// <summary>
/// One read or write that is awaited, again and again. Where its loop completes it, the one who awaits goes on at once on the loop's thread; somebody
/// else's thread hands him over to the pool.
/// </summary>
internal sealed class LoopOperation : IValueTaskSource<int>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<int> _core;

    /// <summary>Whether it is awaited.</summary>
    public bool IsPending { get; private set; }

    /// <summary>Begins to be awaited.</summary>
    /// <returns>The token for a <see cref="ValueTask"/>.</returns>
    public short Begin()
    {
        if (IsPending)
        {
            throw new InvalidOperationException("One at a time.");
        }

        _core.Reset();
        IsPending = true;
        return _core.Version;
    }

    /// <summary>It is not pending from here on; <see cref="Complete"/> or <see cref="Fail"/> must follow.</summary>
    /// <returns>Whether it was.</returns>
    public bool TryTake()
    {
        var was = IsPending;
        IsPending = false;
        return was;
    }

    /// <summary>Completes what was taken.</summary>
    /// <param name="result">The result.</param>
    /// <param name="inline">Whether the one who awaits may go on on this thread.</param>
    public void Complete(int result, bool inline)
    {
        _core.RunContinuationsAsynchronously = !inline;
        _core.SetResult(result);
    }

    /// <summary>Fails what was taken.</summary>
    /// <param name="exception">Why.</param>
    /// <param name="inline">Whether the one who awaits may go on on this thread.</param>
    public void Fail(Exception exception, bool inline)
    {
        _core.RunContinuationsAsynchronously = !inline;
        _core.SetException(exception);
    }

    /// <inheritdoc/>
    public int GetResult(short token) => _core.GetResult(token);

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
