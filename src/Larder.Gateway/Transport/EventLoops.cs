using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Larder.Gateway.Transport;

/// <summary>The event loops of a gateway. Connections are spread over them in turn. Thread-safe.</summary>
internal sealed class EventLoops : IDisposable
{
    private readonly EventLoop[] _loops;
    private int _next = -1;

    /// <summary>Starts them.</summary>
    /// <param name="count">How many; at least 1.</param>
    /// <param name="logger">The log.</param>
    public EventLoops(int count, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _loops = [.. Enumerable.Range(0, count).Select(index =>
            new EventLoop(string.Create(CultureInfo.InvariantCulture, $"larder-loop-{index}"), logger))];
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<EventLoop> All => _loops;

    /// <summary>Whose turn it is.</summary>
    public EventLoop Next() => _loops[(uint)Interlocked.Increment(ref _next) % (uint)_loops.Length];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var loop in _loops)
        {
            loop.Dispose();
        }
    }
}
