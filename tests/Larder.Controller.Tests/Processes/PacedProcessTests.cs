using System.Diagnostics;
using System.Globalization;
using Larder.Controller.Processes;

namespace Larder.Controller.Tests.Processes;

/// <summary>A child that an engine has forked runs for the part of the time that is to spare, and is never left standing.</summary>
public sealed class PacedProcessTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_child_stands_still_most_of_the_time_where_nothing_is_to_spare_and_runs_when_the_work_has_ended()
    {
        using var parent = Parent();
        var work = new TaskCompletionSource();
        var looks = 0L;
        var pacing = PacedProcess.PaceChildAsync(parent.Id, work.Task, new SpareProcessors(TimeProvider.System, () => (0, ++looks), processors: 1), TimeProvider.System);
        Assert.False(pacing.IsCompleted);
        var child = await ForkAsync(parent);
        await ProcessYard.UntilAsync(() => State(child) == 'T', "the child stands still");
        await ProcessYard.UntilAsync(() => State(child) != 'T', "the child goes on");
        await ProcessYard.UntilAsync(() => State(child) == 'T', "the child stands still");
        Assert.NotEqual('T', State(parent.Id));
        Assert.True(Nice(child) >= 10);
        work.SetException(new IOException());
        await pacing.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.NotEqual('T', State(child));
        await EndAsync(parent);
    }

    [Fact]
    public async Task Where_there_is_enough_for_it_a_child_is_not_stopped()
    {
        using var parent = Parent();
        var child = await ForkAsync(parent);
        var work = new TaskCompletionSource();
        var pacing = PacedProcess.PaceChildAsync(parent.Id, work.Task, new SpareProcessors(TimeProvider.System, () => (0, 0)), TimeProvider.System);
        await ProcessYard.UntilAsync(() => Nice(child) >= 10, "the child is lowered");
        Assert.NotEqual('T', State(child));
        work.SetResult();
        await pacing.WaitAsync(Limit, TestContext.Current.CancellationToken);
        await EndAsync(parent);
    }

    [Fact]
    public async Task What_an_earlier_run_has_left_standing_goes_on()
    {
        using var parent = Parent();
        var child = await ForkAsync(parent);
        ProcessIdentity.TryRead(child)!.Signal(ProcessSignal.Stop);
        await ProcessYard.UntilAsync(() => State(child) == 'T', "the child stands still");
        PacedProcess.Release(parent.Id);
        await ProcessYard.UntilAsync(() => State(child) != 'T', "the child goes on");
        await EndAsync(parent);
    }

    [Fact]
    public async Task Where_no_child_comes_the_work_s_end_is_the_end()
    {
        var work = new TaskCompletionSource();
        var pacing = PacedProcess.PaceChildAsync(int.MaxValue, work.Task, new SpareProcessors(TimeProvider.System), TimeProvider.System);
        work.SetException(new IOException());
        await pacing.WaitAsync(Limit, TestContext.Current.CancellationToken);
        PacedProcess.Release(int.MaxValue);
    }

    private static Process Parent() =>
        Process.Start(new ProcessStartInfo("sh", ["-c", "read line; sleep 60 & read line; kill -KILL $!"]) { RedirectStandardInput = true })!;

    private static async Task<int> ForkAsync(Process parent)
    {
        await SayAsync(parent);
        await ProcessYard.UntilAsync(() => PacedProcess.Children(parent.Id).Count > 0, "the child is there");
        return PacedProcess.Children(parent.Id)[0].Pid;
    }

    private static async Task EndAsync(Process parent)
    {
        await SayAsync(parent);
        await parent.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static async Task SayAsync(Process parent)
    {
        await parent.StandardInput.WriteLineAsync("go");
        await parent.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
    }

    private static char State(int pid) => Fields(pid)[0][0];

    private static int Nice(int pid) => int.Parse(Fields(pid)[16], CultureInfo.InvariantCulture);

    // From field 3 of the manual page on; the name, which may hold blanks, ends with the last bracket.
    private static string[] Fields(int pid)
    {
        var line = File.ReadAllText($"/proc/{pid}/stat");
        return line[(line.LastIndexOf(')') + 2)..].Split(' ');
    }
}
