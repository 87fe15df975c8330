using System.Diagnostics;
using Larder.Controller.Processes;

namespace Larder.Controller.Tests.Processes;

/// <summary>Work that has time runs where it disturbs nobody.</summary>
public sealed class BackgroundThreadTests
{
    [Fact]
    public async Task Work_goes_on_on_its_own_lowered_thread_after_each_await()
    {
        var seen = await BackgroundThread.RunAsync("test", async () =>
        {
            var before = Environment.CurrentManagedThreadId;
            await Task.Yield();
            await Task.Run(() => { }, TestContext.Current.CancellationToken);
            return (Before: before, After: Environment.CurrentManagedThreadId, Nice: Nice("/proc/thread-self"));
        });
        Assert.Equal(seen.Before, seen.After);
        Assert.NotEqual(seen.Before, Environment.CurrentManagedThreadId);
        Assert.Equal(Math.Min(19, Math.Max(10, Nice("/proc/self"))), seen.Nice);
    }

    [Fact]
    public async Task What_the_work_throws_comes_to_whoever_waits()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => BackgroundThread.RunAsync<int>("test", () => throw new InvalidDataException()));
        await Assert.ThrowsAsync<InvalidDataException>(() => BackgroundThread.RunAsync<int>("test", async () =>
        {
            await Task.Yield();
            throw new InvalidDataException();
        }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => BackgroundThread.RunAsync<int>("test", async () =>
        {
            await Task.Yield();
            throw new OperationCanceledException();
        }));
    }

    [Fact]
    public async Task What_the_work_has_begun_and_not_awaited_goes_on_after_its_end()
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = await BackgroundThread.RunAsync("test", async () =>
        {
            await Task.Yield();
            return Array.AsReadOnly([AwaitAsync()]);
        });
        released.SetResult();
        Assert.NotEqual(0, await late[0].WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        async Task<int> AwaitAsync()
        {
            await released.Task;
            return Environment.CurrentManagedThreadId;
        }
    }

    [Fact]
    public async Task The_children_of_a_process_are_lowered_as_soon_as_they_are_there_and_it_itself_is_not()
    {
        using var parent = Process.Start(new ProcessStartInfo("sh", ["-c", "read line; sleep 60 & read line; kill $!"]) { RedirectStandardInput = true })!;
        var before = Nice($"/proc/{parent.Id}");
        var work = new TaskCompletionSource();
        var lowering = BackgroundPriority.LowerChildrenDuringAsync(parent.Id, work.Task, TimeProvider.System);
        Assert.False(lowering.IsCompleted);
        await parent.StandardInput.WriteLineAsync("go");
        await parent.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        await lowering.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        var child = (await File.ReadAllTextAsync($"/proc/{parent.Id}/task/{parent.Id}/children", TestContext.Current.CancellationToken)).Trim();
        Assert.Equal(Math.Max(10, before), Nice($"/proc/{child}"));
        Assert.Equal(before, Nice($"/proc/{parent.Id}"));
        await parent.StandardInput.WriteLineAsync("end");
        await parent.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        await parent.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Where_no_child_comes_the_work_s_end_is_the_end()
    {
        var work = new TaskCompletionSource();
        var lowering = BackgroundPriority.LowerChildrenDuringAsync(int.MaxValue, work.Task, TimeProvider.System);
        work.SetException(new IOException());
        await lowering.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        BackgroundPriority.Lower(int.MaxValue);
        BackgroundPriority.LowerSession(int.MaxValue);
    }

    // Field 19 of the manual page; the name, which may hold blanks, ends with the last bracket.
    private static int Nice(string process)
    {
        var line = File.ReadAllText(process + "/stat");
        return int.Parse(line[(line.LastIndexOf(')') + 2)..].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);
    }
}
