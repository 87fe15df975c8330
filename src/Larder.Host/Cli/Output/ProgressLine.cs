using System.Globalization;
using Spectre.Console;

namespace Larder.Host.Cli.Output;

/// <summary>
/// The progress of one long thing, on standard error: a bar on a terminal, elsewhere one line for each change of phase.
/// </summary>
/// <param name="console">Where to say it.</param>
/// <param name="title">What is being done.</param>
internal sealed class ProgressLine(CliConsole console, string title)
{
    private string? _phase;

    /// <summary>Reports a step.</summary>
    /// <param name="phase">What is being done now.</param>
    /// <param name="percent">0..100.</param>
    public delegate void Step(string phase, int percent);

    /// <summary>Does something long and shows how it goes.</summary>
    /// <typeparam name="T">What comes of it.</typeparam>
    /// <param name="work">The work; calls its argument at each step.</param>
    /// <returns>What came of it.</returns>
    public async Task<T> RunAsync<T>(Func<Step, Task<T>> work)
    {
        if (!console.RichError)
        {
            return await work(Tell);
        }

        return await console.Drawing(error: true).Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Describe(""));
                return await work((phase, percent) =>
                {
                    bar.Description = Describe(phase);
                    bar.Value = percent;
                });
            });
    }

    private string Describe(string phase) => Markup.Escape(CliConsole.Printable(phase.Length == 0 ? title : $"{title}: {phase}"));

    private void Tell(string phase, int percent)
    {
        if (phase != _phase && phase.Length > 0)
        {
            _phase = phase;
            console.Say(string.Create(CultureInfo.InvariantCulture, $"{title}: {phase} ({percent} %)"));
        }
    }
}
