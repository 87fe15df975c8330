namespace Larder.Host.Ports;

/// <summary>A process that listens on a port.</summary>
/// <param name="Pid">Its id.</param>
/// <param name="Name">Its program's name, as the system knows it (at most 15 characters).</param>
internal sealed record ListeningProcess(int Pid, string Name);
