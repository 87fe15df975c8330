using System.Collections.Immutable;
using System.Text.Json;
using Larder.Host.Client;
using Larder.Management.Contracts;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Larder.Host.Cli.Output;

/// <summary>Shows again and again what caches do: drawn over on a terminal, one picture after the other elsewhere.</summary>
/// <param name="context">The call.</param>
/// <param name="client">Asks the daemon.</param>
/// <param name="name">The cache, or <c>null</c> for all.</param>
/// <param name="interval">The time between two pictures.</param>
/// <param name="count">Pictures in all, or <c>null</c> to go on until interrupted.</param>
internal sealed class TopView(CliContext context, ManagementClient client, string? name, TimeSpan interval, int? count)
{
    /// <summary>Shows it.</summary>
    /// <param name="cancellationToken">Ctrl-C.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (context.Output == OutputFormat.Json)
        {
            await EachAsync(async () => WriteJson(await LookJsonAsync(cancellationToken)), cancellationToken);
        }
        else if (!context.Console.RichOut)
        {
            await EachAsync(async () => Write(await LookAsync(cancellationToken)), cancellationToken);
        }
        else
        {
            await context.Console.Drawing(error: false).Live(new Text("")).StartAsync(live => EachAsync(
                async () =>
                {
                    live.UpdateTarget(Draw(await LookAsync(cancellationToken)));
                    live.Refresh();
                },
                cancellationToken));
        }
    }

    private async Task EachAsync(Func<Task> show, CancellationToken cancellationToken)
    {
        using var ticks = new PeriodicTimer(interval, context.Clock);
        try
        {
            for (var shown = 1; ; shown++)
            {
                await show();
                if (shown == count || !await ticks.WaitForNextTickAsync(cancellationToken))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how one leaves; the last picture stays.
        }
    }

    private async Task<ImmutableArray<CacheView>> LookAsync(CancellationToken cancellationToken) =>
        name is null ? await client.ListAsync(cancellationToken) : [await client.ShowAsync(name, cancellationToken)];

    private Task<JsonElement> LookJsonAsync(CancellationToken cancellationToken) =>
        name is null ? client.ListJsonAsync(cancellationToken) : client.ShowJsonAsync(name, cancellationToken);

    // One line each, for programs that read along.
    private void WriteJson(JsonElement answer)
    {
        context.Console.Out.WriteLine(JsonSerializer.Serialize(answer, ClientJson.Default.JsonElement));
        context.Console.Out.Flush();
    }

    private void Write(ImmutableArray<CacheView> caches)
    {
        if (caches.IsEmpty)
        {
            CacheText.WriteList(context.Console, caches, context.Command);
        }

        foreach (var cache in caches)
        {
            context.Console.WriteLine(TopText.Headline(cache, context.Clock.GetLocalNow()));
            context.Console.Write(TopText.Shards(cache));
            if (name is not null)
            {
                context.Console.Write(CacheText.Nodes(cache));
            }
        }

        context.Console.Out.Flush();
    }

    private Rows Draw(ImmutableArray<CacheView> caches)
    {
        var rows = new List<IRenderable>();
        foreach (var cache in caches)
        {
            rows.Add(new Text(TopText.Headline(cache, context.Clock.GetLocalNow()), new Style(decoration: Decoration.Bold)));
            rows.Add(context.Console.Fitted(TopText.Shards(cache)));
            if (name is not null)
            {
                rows.Add(context.Console.Fitted(CacheText.Nodes(cache)));
            }
        }

        rows.Add(new Text(
            caches.IsEmpty ? $"There are no caches yet. Make one with: {context.Command} up examples/development.yaml" : "Ctrl-C leaves this view.",
            new Style(decoration: Decoration.Dim)));
        return new Rows(rows);
    }
}
