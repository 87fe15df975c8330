namespace Larder.Engines;

/// <summary>A user of clients inside an engine. Its password there is the gateway's: clients give theirs to the gateway, and never reach an engine.</summary>
/// <param name="Name">Its name: letters, digits, dots, hyphens, underscores and @.</param>
/// <param name="Permissions">What it may do: rules of Redis ACLs. Blocked commands stay blocked.</param>
public sealed record ClientUser(string Name, string Permissions);
