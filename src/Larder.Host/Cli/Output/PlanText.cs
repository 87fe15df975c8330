using Larder.Management.Contracts;
using Spectre.Console;

namespace Larder.Host.Cli.Output;

/// <summary>A plan for people.</summary>
internal static class PlanText
{
    /// <summary>Writes it.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="plan">The plan.</param>
    public static void Write(CliConsole console, PlanView plan)
    {
        console.WriteLine(Headline(plan));
        if (!plan.Changes.IsEmpty)
        {
            console.WriteLine();
            var table = new TextTable("", "field", "from", "to", "effect");
            foreach (var change in plan.Changes)
            {
                table.Add(Sign(change.Kind), change.Field, change.From, change.To, change.Effect);
            }

            console.Write(table);
        }

        if (!plan.Refusals.IsEmpty)
        {
            console.WriteLine();
            console.WriteLine("Refused:");
            foreach (var refusal in plan.Refusals)
            {
                var values = (refusal.Current, refusal.Wanted) switch
                {
                    (null, null) => "",
                    (null, { } wanted) => $" ({wanted})",
                    ({ } current, null) => $" ({current} -> none)",
                    ({ } current, { } wanted) => $" ({current} -> {wanted})",
                };
                console.WriteLine($"  {refusal.Field}{values}: {refusal.Reason}");
                if (refusal.Instead.Length > 0)
                {
                    console.WriteLine("    " + refusal.Instead);
                }
            }
        }

        if (!plan.Warnings.IsEmpty)
        {
            console.WriteLine();
            console.WriteLine("Worth knowing:");
            foreach (var warning in plan.Warnings)
            {
                console.WriteLine("  " + warning);
            }
        }
    }

    private static string Headline(PlanView plan)
    {
        var engine = plan.Engine is { } chosen ? $" on {chosen}" : "";
        return (plan.Kind, plan.Refusals.IsEmpty) switch
        {
            ("create", true) => $"{plan.Cache} would be created{engine}.",
            ("create", false) => $"{plan.Cache} cannot be created; nothing is changed.",
            ("none", true) => $"{plan.Cache}{engine}: nothing to change.",
            (_, true) => $"{plan.Cache}{engine} would be changed.",
            _ => $"{plan.Cache} cannot be changed like this; nothing is changed.",
        };
    }

    private static Cell Sign(string kind) => kind switch
    {
        "addition" => new Cell("+", Color.Green),
        "removal" => new Cell("-", Color.Red),
        _ => new Cell("~", Color.Yellow),
    };
}
