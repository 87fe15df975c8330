using System.IO.Pipes;
using Larder.Gateway.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Larder.Gateway.Tests.Transport;

/// <summary>The loop itself: work is done on its thread, and nothing is done behind its end.</summary>
public sealed class EventLoopTests
{
    [Fact]
    public async Task Work_is_done_on_the_loops_thread_in_its_order()
    {
        using var loop = new EventLoop("test", NullLogger.Instance);
        var order = new List<int>();
        var done = new TaskCompletionSource<bool>();
        for (var number = 0; number < 100; number++)
        {
            var mine = number;
            loop.Post(new Work(() => order.Add(mine)));
        }

        loop.Post(new Work(() => done.SetResult(loop.IsCurrent)));
        Assert.True(await done.Task);
        Assert.Equal(Enumerable.Range(0, 100), order);
    }

    [Fact]
    public async Task What_is_deferred_is_done_at_the_end_of_the_turn()
    {
        using var loop = new EventLoop("test", NullLogger.Instance);
        var order = new List<string>();
        var done = new TaskCompletionSource();
        loop.Post(new Work(() =>
        {
            loop.Defer(new Work(() =>
            {
                order.Add("deferred");
                done.SetResult();
            }));
            order.Add("turn");
        }));
        await done.Task;
        Assert.Equal(["turn", "deferred"], order);
    }

    [Fact]
    public async Task A_handler_that_fails_does_not_end_the_loop()
    {
        using var loop = new EventLoop("test", NullLogger.Instance);
        var done = new TaskCompletionSource();
        loop.Post(new Work(() => throw new InvalidOperationException("a defect")));
        loop.Post(new Work(done.SetResult));
        await done.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Work_for_a_loop_that_has_ended_is_not_written_into_what_has_its_descriptors_now()
    {
        var loop = new EventLoop("test", NullLogger.Instance);
        loop.Dispose();
        var pipes = Enumerable.Range(0, 8).Select(_ => new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.None)).ToList();
        loop.Post(new Work(() => { }));
        foreach (var pipe in pipes)
        {
            using var reader = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
            pipe.WriteByte(7);
            Assert.Equal(7, reader.ReadByte());
            pipe.Dispose();
        }
    }

    private sealed class Work(Action action) : ILoopTask
    {
        public void Run() => action();
    }
}
