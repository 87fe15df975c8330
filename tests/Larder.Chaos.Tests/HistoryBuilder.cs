using System.Collections.Immutable;
using Larder.Chaos.Checking;
using Larder.Chaos.Faults;
using Larder.Chaos.Histories;

namespace Larder.Chaos.Tests;

/// <summary>Writes histories by hand. Times are whole milliseconds.</summary>
internal sealed class HistoryBuilder
{
    private readonly List<Invocation> _invocations = [];
    private readonly List<Snapshot> _snapshots = [];
    private readonly List<RoleSample> _samples = [];
    private readonly List<FaultRecord> _faults = [];

    public static TimeSpan At(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    public HistoryBuilder Did(int client, Operation operation, int began, int ended, Fate fate = Fate.Executed, long reply = 0)
    {
        _invocations.Add(new Invocation(client, operation, At(began), At(ended), fate, reply, fate == Fate.Executed ? null : "as written"));
        return this;
    }

    public HistoryBuilder Added(int client, long value, int began, Fate fate = Fate.Executed, long reply = 1) =>
        Did(client, new Operation(OperationKind.Add, "set", value), began, began + 5, fate, reply);

    public HistoryBuilder Appended(int client, long value, int began, Fate fate = Fate.Executed) =>
        Did(client, new Operation(OperationKind.Append, "list", value), began, began + 5, fate, 1);

    public HistoryBuilder Transacted(int client, long value, int began, Fate fate = Fate.Executed) =>
        Did(client, new Operation(OperationKind.AppendAndCount, "list", value, "transactions"), began, began + 5, fate, 1);

    public HistoryBuilder Wrote(long value, int began, Fate fate = Fate.Executed) =>
        Did(1, new Operation(OperationKind.Write, "register", value), began, began + 5, fate);

    public HistoryBuilder Read(long value, int began, int length = 5) =>
        Did(2, new Operation(OperationKind.Read, "register"), began, began + length, Fate.Executed, value);

    public HistoryBuilder Counted(long reply, int began, Fate fate = Fate.Executed) =>
        Did(3, new Operation(OperationKind.Increment, "counter"), began, began + 5, fate, reply);

    public HistoryBuilder Snapshot(
        int began, long[]? set = null, long[]? list = null, long register = 0, long counter = 0, long transactions = 0)
    {
        _snapshots.Add(new Snapshot(
            At(began),
            At(began + 5),
            ImmutableDictionary<string, ImmutableArray<long>>.Empty.Add("set", [.. set ?? []]).Add("list", [.. list ?? []]),
            ImmutableDictionary<string, long>.Empty.Add("register", register).Add("counter", counter).Add("transactions", transactions)));
        return this;
    }

    public HistoryBuilder Saw(int at, long epoch, params int[] primaries)
    {
        _samples.Add(new RoleSample(At(at), 0, epoch, [.. primaries]));
        return this;
    }

    public HistoryBuilder Fault(FaultKind kind, int began, int? ready, long epochBefore = 1, long epochAfter = 2, int nodesEnded = 0)
    {
        _faults.Add(new FaultRecord(kind, At(began), ready is { } known ? At(known) : null, epochBefore, epochAfter, nodesEnded));
        return this;
    }

    public RunHistory Build() => new([.. _invocations], [.. _snapshots], [.. _samples], [.. _faults]);

    public ChaosReport Check() => HistoryChecker.Check(Build());
}
