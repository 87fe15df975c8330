using Larder.Host.Client;

namespace Larder.Host.Tests;

/// <summary>Starts what a test gives it.</summary>
internal sealed class FakeStarter(Func<Task<DaemonHandshake>> start) : IDaemonStarter
{
    private int _starts;

    public int Starts => _starts;

    public Task<DaemonHandshake> StartAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _starts);
        return start();
    }
}
