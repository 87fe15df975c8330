namespace Larder.Gateway.Transport;

/// <summary>Somebody who follows a <see cref="LoopConnection"/> on its loop instead of awaiting single reads. Must neither block nor throw.</summary>
internal interface ILoopObserver
{
    /// <summary>Something may be read: <see cref="LoopConnection.TryRead"/>.</summary>
    void OnReadable();

    /// <summary>What was kept back because the peer did not take it has all gone.</summary>
    void OnDrained();
}
