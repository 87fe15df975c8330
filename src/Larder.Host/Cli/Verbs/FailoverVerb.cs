using System.CommandLine;
using Larder.Host.Client;
using Larder.Management.Contracts;
using Larder.Model.Status;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder failover NAME</c>.</summary>
internal sealed class FailoverVerb : Verb
{
    private readonly Argument<string> _name = CacheName();
    private readonly Option<int?> _shard = new("--shard") { Description = "The shard; needed where there is more than one", HelpName = "N" };
    private readonly Option<bool> _force = new("--force")
    {
        Description = "End the primary at once instead of handing over; what it has not replicated is lost",
    };

    private readonly Option<bool> _yes = new("--yes", "-y") { Description = "With --force: do not ask" };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public FailoverVerb(GlobalOptions globals)
        : base("failover", "Make a replica the primary; clients see one slow reply, not an error", globals)
    {
        Arguments.Add(_name);
        Options.Add(_shard);
        Options.Add(_force);
        Options.Add(_yes);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("failover dev", "hands over without an error for clients"), ("failover dev --force --yes", "as if the primary had failed")];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var client = context.Client();
        var cache = await client.ShowAsync(arguments.GetRequiredValue(_name), cancellationToken);
        var force = arguments.GetValue(_force);
        if (force && !arguments.GetValue(_yes))
        {
            Confirmation.Require(context, cache.Name, WhatIsLost(cache, arguments.GetValue(_shard) ?? 0), $"failover {cache.Name} --force");
        }

        var accepted = await client.FailoverAsync(cache.Name, new FailoverRequest(arguments.GetValue(_shard), force), cancellationToken);
        var ended = await new OperationFollower(context, client).FollowAsync("failover of " + cache.Name, accepted.OperationId!, cancellationToken);
        context.Write(ended, ClientJson.Human.OperationDocument, () => context.Console.WriteLine($"{cache.Name}: {ended.Phase}."));
        return ExitCodes.Done;
    }

    private static string WhatIsLost(CacheView cache, int shard) =>
        cache.Shards.FirstOrDefault(one => one.Id == shard) is { } seen && !seen.Nodes.Any(node => node is { Role: "primary", State: NodeState.InSync })
            ? $"Shard {shard} of {cache.Name} has no primary ({cache.Message}). This makes the node with the newest data of those that answer the primary; what only others have is lost to clients, and set aside should they come back."
            : $"This ends the primary of {cache.Name}; what it has not replicated is lost.";
}
