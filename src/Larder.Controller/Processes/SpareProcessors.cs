using System.Globalization;

namespace Larder.Controller.Processes;

/// <summary>
/// How much of a processor work may take that has time, such as a backup: all of one while most of this machine has nothing to do, and a twentieth of the machine
/// where it works. It is found out while the work runs: the share falls as long as too little is left over, and rises as long as enough is. Thread-safe.
/// </summary>
/// <remarks>
/// Two processors may be one core's, and both share the memory: what runs on an idle one slows down the other. Measured on two of them, which a cache under full load kept busy for two
/// thirds of the time: a snapshot that took the last third cost the cache 40 % of its throughput.
/// </remarks>
/// <param name="clock">The clock.</param>
/// <param name="read">Processor time since boot, in any unit: left over, and all. By default the kernel's.</param>
/// <param name="processors">How many processors there are.</param>
internal sealed class SpareProcessors(TimeProvider clock, Func<(long Idle, long All)>? read = null, int? processors = null)
{
    // Long enough for the kernel's ticks, short against a snapshot.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private const double LeastOfMachine = 0.05;
    private const double Scarce = 0.45;
    private const double Ample = 0.6;
    private const double Fall = 0.6;
    private const double Rise = 1.3;

    private readonly Func<(long Idle, long All)> _read = read ?? ReadKernel;
    private readonly int _processors = processors ?? Environment.ProcessorCount;
    private readonly Lock _gate = new();
    private (long Idle, long All)? _last;
    private long _lookedAt;
    private double _share = 1;

    /// <summary>The part of one processor's time that such work may take at the moment: above 0, at most 1.</summary>
    public double Share
    {
        get
        {
            lock (_gate)
            {
                if (_last is not { } last)
                {
                    Look(_read());
                }
                else if (clock.GetElapsedTime(_lookedAt) is var elapsed && elapsed >= LookInterval)
                {
                    var now = _read();
                    Look(now);

                    // After a long time without a look that was another work's share.
                    _share = elapsed > LookInterval * 10 || now.All <= last.All ? 1
                        : Next(_share, (double)(now.Idle - last.Idle) / (now.All - last.All));
                }

                return _share;
            }
        }
    }

    private double Next(double share, double idle) => idle switch
    {
        < Scarce => Math.Max(Math.Min(1, _processors * LeastOfMachine), share * Fall),
        > Ample => Math.Min(1, share * Rise),
        _ => share,
    };

    private void Look((long Idle, long All) now) => (_last, _lookedAt) = (now, clock.GetTimestamp());

    // "cpu  user nice system idle iowait irq softirq steal …": what waits for a disk leaves the processor as well.
    private static (long Idle, long All) ReadKernel()
    {
        using var reader = new StreamReader("/proc/stat");
        var fields = reader.ReadLine()!.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9].Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        return (fields[3] + fields[4], fields.Sum());
    }
}
