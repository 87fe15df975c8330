using Larder.Controller.Processes;

namespace Larder.Controller.Tests.Processes;

/// <summary>Work that has time runs where it disturbs nobody.</summary>
public sealed class BackgroundThreadTests
{
    [Fact]
    public async Task Work_goes_on_on_its_own_lowered_thread_after_each_await()
    {
        var seen = await RunAsync(async () =>
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
        await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync<int>(() => throw new InvalidDataException()));
        await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync<int>(async () =>
        {
            await Task.Yield();
            throw new InvalidDataException();
        }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync<int>(async () =>
        {
            await Task.Yield();
            throw new OperationCanceledException();
        }));
    }

    [Fact]
    public async Task What_the_work_has_begun_and_not_awaited_goes_on_after_its_end()
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = await RunAsync(async () =>
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
    public async Task Where_nothing_is_to_spare_the_work_pauses_and_gets_to_its_end()
    {
        var looks = 0L;
        var spare = new SpareProcessors(TimeProvider.System, () => (0, ++looks), processors: 1);
        await BackgroundThread.RunAsync("test", async () =>
        {
            while (spare.Share > 0.5)
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }

            return 0;
        }, spare, TimeProvider.System).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(looks > 1);
    }

    [Fact]
    public void What_is_not_there_any_more_is_left_alone()
    {
        BackgroundPriority.Lower(int.MaxValue);
        BackgroundPriority.LowerSession(int.MaxValue);
        BackgroundPriority.LowerChildren(int.MaxValue);
    }

    private static Task<T> RunAsync<T>(Func<Task<T>> work) =>
        BackgroundThread.RunAsync("test", work, new SpareProcessors(TimeProvider.System, () => (0, 0)), TimeProvider.System);

    // Field 19 of the manual page; the name, which may hold blanks, ends with the last bracket.
    private static int Nice(string process)
    {
        var line = File.ReadAllText(process + "/stat");
        return int.Parse(line[(line.LastIndexOf(')') + 2)..].Split(' ')[16], System.Globalization.CultureInfo.InvariantCulture);
    }
}
