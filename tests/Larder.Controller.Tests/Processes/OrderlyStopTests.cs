using Larder.Controller.Processes;

namespace Larder.Controller.Tests.Processes;

/// <summary>Stops of processes that end at once, later, or not at all.</summary>
public sealed class OrderlyStopTests : IAsyncDisposable
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(20);

    private readonly ProcessYard _yard = new();

    public ValueTask DisposeAsync() => _yard.DisposeAsync();

    [Fact]
    public async Task A_process_that_refuses_at_first_is_asked_again()
    {
        var process = await StartAsync("asked=0; trap 'asked=$((asked+1)); if [ $asked -ge 3 ]; then exit 0; fi' TERM; echo ready; while :; do sleep 0.01; done");
        Assert.Equal(new ProcessExit(0, null), await StopAsync(process, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_process_that_never_ends_is_given_up_at_the_limit_and_lives()
    {
        var process = await StartAsync("trap '' TERM; echo ready; while :; do sleep 0.01; done");
        Assert.Null(await StopAsync(process, TimeSpan.FromMilliseconds(100)));
        Assert.True(process.IsAlive());
    }

    private async Task<ProcessIdentity> StartAsync(string script)
    {
        var process = _yard.Shell(script);
        await ProcessYard.UntilAsync(() => _yard.ReadLog().Contains("ready", StringComparison.Ordinal), "the shell has set its trap");
        return process;
    }

    private Task<ProcessExit?> StopAsync(ProcessIdentity process, TimeSpan limit) => OrderlyStop.RunAsync(
        process, ProcessSignal.Terminate, _yard.Watcher.WatchAsync(process), Again, limit, TimeProvider.System, TestContext.Current.CancellationToken);
}
