using System.Globalization;
using Larder.Controller.Operations;

namespace Larder.Controller.Transfers;

/// <summary>
/// Tells an operation's progress in bytes, keys and time left, about once a second: what is told goes through the control store. Thread-safe.
/// </summary>
/// <param name="operations">Writes it.</param>
/// <param name="operationId">The operation.</param>
/// <param name="clock">The clock.</param>
internal sealed class TransferProgress(OperationTracker operations, string operationId, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private const double Mebi = 1 << 20;

    private readonly Lock _gate = new();
    private string _step = "";
    private long _stepBegan;
    private long _lastTold;
    private Task _telling = Task.CompletedTask;

    /// <summary>Tells bytes done of a step.</summary>
    /// <param name="step">What is being done, such as <c>writing</c>.</param>
    /// <param name="done">Bytes done.</param>
    /// <param name="all">All bytes; 0 where that is not known.</param>
    /// <param name="from">Percent of the operation at the step's beginning.</param>
    /// <param name="to">Percent at its end.</param>
    public void Bytes(string step, long done, long all, int from, int to) => Tell(step, done, all, from, to, (left, culture) => all > 0
        ? string.Create(culture, $"{step}: {done / Mebi:0.#} of {all / Mebi:0.#} MiB{left}")
        : string.Create(culture, $"{step}: {done / Mebi:0.#} MiB"));

    /// <summary>Tells keys done of a step.</summary>
    /// <param name="step">What is being done.</param>
    /// <param name="done">Keys done.</param>
    /// <param name="all">All keys; 0 where that is not known.</param>
    /// <param name="from">Percent of the operation at the step's beginning.</param>
    /// <param name="to">Percent at its end.</param>
    public void Keys(string step, long done, long all, int from, int to) => Tell(step, done, all, from, to, (left, culture) => all > 0
        ? string.Create(culture, $"{step}: {done} of {all} keys{left}")
        : string.Create(culture, $"{step}: {done} keys"));

    /// <summary>Tells a step, and waits until it is written.</summary>
    /// <param name="percent">Percent of the operation.</param>
    /// <param name="phase">One sentence.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task SayAsync(int percent, string phase, CancellationToken cancellationToken)
    {
        await _telling.WaitAsync(cancellationToken);
        await operations.ReportAsync(operationId, percent, phase, cancellationToken);
    }

    private void Tell(string step, long done, long all, int from, int to, Func<string, CultureInfo, string> text)
    {
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            if (step != _step)
            {
                (_step, _stepBegan) = (step, now);
            }
            else if (clock.GetElapsedTime(_lastTold, now) < Pause || !_telling.IsCompleted)
            {
                return;
            }

            _lastTold = now;
            var spent = clock.GetElapsedTime(_stepBegan, now);
            var left = done > 0 && done < all && spent > Pause ? $", about {Math.Ceiling((spent * ((all - done) / (double)done)).TotalSeconds):0} s left" : "";
            var percent = all > 0 ? from + (int)((to - from) * Math.Min(1, done / (double)all)) : from;
            _telling = operations.ReportAsync(operationId, percent, text(left, CultureInfo.InvariantCulture), CancellationToken.None);
        }
    }
}
