using Larder.Engines.Client;

namespace Larder.Engines.Acl;

/// <summary>Brings the users of clients in a running engine to what they are to be. One that is as wanted already stays as it is, with its connections.</summary>
/// <param name="connection">The way to the engine.</param>
/// <param name="node">The node's name for errors.</param>
/// <param name="timeout">How long a command may take.</param>
internal sealed class ClientUsers(AdminConnection connection, string node, TimeSpan timeout)
{
    /// <summary>Nobody can be this user: it is off, and gone when the question is answered.</summary>
    private const string Probe = "larder-nobody";

    /// <summary>Sets, changes and removes users.</summary>
    /// <param name="configuration">The node as it is to be.</param>
    /// <param name="rulesOf">The rules that make a user what it is to be.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EngineException">The engine refused a rule, or does not answer.</exception>
    public async Task ApplyAsync(NodeConfiguration configuration, Func<ClientUser, IEnumerable<string>> rulesOf, CancellationToken cancellationToken)
    {
        foreach (var user in configuration.ClientUsers)
        {
            await OrderAsync(["ACL", "SETUSER", user.Name, "reset", .. rulesOf(user)], cancellationToken);
        }

        string[] own = ["default", configuration.InternalUser.Name, configuration.GatewayUser.Name];
        var wanted = configuration.ClientUsers.Select(user => user.Name).Concat(own).ToHashSet(StringComparer.Ordinal);
        var known = await SendAsync(["ACL", "USERS"], cancellationToken);
        foreach (var name in known.Items.Select(item => item.Text).Where(name => !wanted.Contains(name)))
        {
            await OrderAsync(["ACL", "DELUSER", name], cancellationToken);
        }
    }

    /// <summary>Asks the engine whether it understands rules.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What it has against them; <c>null</c> where it has nothing.</returns>
    public async Task<string?> CheckAsync(IEnumerable<string> rules, CancellationToken cancellationToken)
    {
        var reply = await SendAsync(["ACL", "SETUSER", Probe, "reset", .. rules.Where(rule => rule != "on"), "off"], cancellationToken);
        await SendAsync(["ACL", "DELUSER", Probe], cancellationToken);
        return reply.IsError ? reply.Text : null;
    }

    private async Task OrderAsync(string[] command, CancellationToken cancellationToken)
    {
        var reply = await SendAsync(command, cancellationToken);
        if (reply.IsError)
        {
            throw new EngineException(EngineFailure.Refused, $"{node} refused the user '{command[2]}': {reply.Text}.");
        }
    }

    private async Task<Reply> SendAsync(string[] command, CancellationToken cancellationToken) =>
        (await connection.CallAsync(timeout, [command], cancellationToken))[0];
}
