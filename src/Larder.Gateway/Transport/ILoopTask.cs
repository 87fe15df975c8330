namespace Larder.Gateway.Transport;

/// <summary>Work for an <see cref="EventLoop"/>. Done on the loop's thread; must neither block nor throw.</summary>
internal interface ILoopTask
{
    /// <summary>Does it.</summary>
    void Run();
}
