namespace Larder.Gateway.Transport;

/// <summary>Somebody who waits for a descriptor on an <see cref="EventLoop"/>. Called on the loop's thread; must neither block nor throw.</summary>
internal interface ILoopHandler
{
    /// <summary>The descriptor is ready.</summary>
    /// <param name="readable">Whether there is something to read, the end or an error included.</param>
    /// <param name="writable">Whether something can be written, an error included.</param>
    void OnReady(bool readable, bool writable);
}
