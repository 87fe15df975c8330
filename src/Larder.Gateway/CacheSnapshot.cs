namespace Larder.Gateway;

/// <summary>One cache at one moment, as the gateway sees it.</summary>
/// <param name="Cache">Its name.</param>
/// <param name="Sessions">Client connections, authenticated or not.</param>
/// <param name="AuthenticatedSessions">Those that gave a valid access key.</param>
/// <param name="Epoch">The epoch of the primary that commands go to, or <c>null</c> while there is none.</param>
/// <param name="BusySessions">Those with commands under way at the primary, commands that wait for something apart.</param>
/// <param name="KnowsCommands">Whether an engine has told which commands only read; until then none is given to a second engine.</param>
public sealed record CacheSnapshot(string Cache, int Sessions, int AuthenticatedSessions, long? Epoch, int BusySessions, bool KnowsCommands);
