namespace Larder.Engines.Acl;

/// <summary>
/// The users of a Garnet node. Garnet's grammar has no channels, and it does not start with a rule on a command that it does not have.
/// </summary>
internal static class GarnetAcl
{
    // CLUSTER is denied as a whole: a node of an unclustered cache replicates in cluster mode, and clients must not learn its addresses.
    internal static readonly string[] Blocked =
    [
        "acl", "bgsave", "cluster", "commitaof", "config", "debug", "failover", "migrate", "module", "registercs",
        "replicaof", "save", "secondaryof", "slaveof",
    ];

    /// <summary>Renders the ACL file.</summary>
    /// <param name="configuration">The node, with the users.</param>
    /// <returns>The file's text; passwords in it are hashed.</returns>
    public static string Render(NodeConfiguration configuration) => $"""
        user default off resetpass -@all
        user {configuration.InternalUser.Name} on {PasswordHash.Rule(configuration.InternalUser.Password)} ~* +@all
        user {configuration.GatewayUser.Name} on {PasswordHash.Rule(configuration.GatewayUser.Password)} ~* +@all {string.Join(' ', Blocked.Select(command => $"-{command}"))}

        """ + string.Concat(configuration.ClientUsers.Select(user => $"user {user.Name} {string.Join(' ', Of(user, configuration))}\n"));

    /// <summary>What makes a user of clients what it is to be, whatever it was before.</summary>
    /// <param name="user">The user.</param>
    /// <param name="configuration">The node, for the gateway's password.</param>
    /// <returns>The rules; they do not begin with <c>reset</c>.</returns>
    public static IEnumerable<string> Of(ClientUser user, NodeConfiguration configuration) =>
        ["on", PasswordHash.Rule(configuration.GatewayUser.Password), "-@all", .. ClientUserRules.ForGarnet(user.Permissions)];
}
