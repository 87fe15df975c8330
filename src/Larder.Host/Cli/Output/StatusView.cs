using System.Globalization;
using Larder.Host.Client;
using Larder.Management.Contracts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Larder.Host.Cli.Output;

/// <summary>What runs, kept fresh on a terminal until Ctrl-C; everything runs on after it.</summary>
/// <param name="context">The call.</param>
/// <param name="client">Asks the daemon.</param>
internal sealed class StatusView(CliContext context, ManagementClient client)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Shows it.</summary>
    /// <param name="cache">The cache to show with its nodes, or <c>null</c> for all caches.</param>
    /// <param name="cancellationToken">Ctrl-C.</param>
    /// <exception cref="DaemonUnreachableException">The daemon has ended meanwhile.</exception>
    public async Task RunAsync(string? cache, CancellationToken cancellationToken)
    {
        context.Console.WriteLine();
        try
        {
            using var ticks = new PeriodicTimer(Interval, context.Clock);
            await context.Console.Drawing(error: false).Live(new Text("")).AutoClear(true).StartAsync(async live =>
            {
                do
                {
                    live.UpdateTarget(await DrawAsync(cache, cancellationToken));
                    live.Refresh();
                }
                while (await ticks.WaitForNextTickAsync(cancellationToken));
            });
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            context.Console.WriteLine($"Everything runs on. Stop it with: {context.Command} down");
        }
    }

    private async Task<IRenderable> DrawAsync(string? name, CancellationToken cancellationToken)
    {
        var caches = name is null ? await client.ListAsync(cancellationToken) : [await client.ShowAsync(name, cancellationToken)];
        var rows = new List<IRenderable>();
        foreach (var cache in caches)
        {
            rows.Add(Headline(cache));
            rows.Add(context.Console.Fitted(CacheText.Nodes(cache)));
        }

        rows.Add(new Text("Ctrl-C leaves this view; everything runs on.", new Style(decoration: Decoration.Dim)));
        return new Rows(rows);
    }

    private Markup Headline(CacheView cache) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"[bold]{Markup.Escape(cache.Name)}[/]  {cache.State}  {Markup.Escape(CliConsole.Printable(cache.Message))}  {context.Clock.GetLocalNow():HH:mm:ss}"));
}
