namespace Larder.Management.Contracts;

/// <summary>The daemon that answers.</summary>
/// <param name="Version">The program's version.</param>
/// <param name="ProcessId">The daemon's process.</param>
/// <param name="Home">The folder that it keeps everything in.</param>
/// <param name="Host">This host's name.</param>
/// <param name="StartedAt">When it started.</param>
public sealed record InstallationView(string Version, int ProcessId, string Home, string Host, DateTimeOffset StartedAt);
