namespace Larder.Gateway.Commands;

/// <summary>A command that may be given to the engine on a connection that others use too.</summary>
/// <param name="Name">Its name, in lower case.</param>
/// <param name="Effect">What it does.</param>
/// <param name="IsInfo">Whether its reply tells numbers of clients, which the gateway knows better.</param>
internal sealed record SharedCommand(string Name, CommandEffect Effect, bool IsInfo);
