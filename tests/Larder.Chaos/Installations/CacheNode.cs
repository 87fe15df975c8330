namespace Larder.Chaos.Installations;

/// <summary>A node as <c>larder show</c> shows it.</summary>
/// <param name="Ordinal">Its number within the shard.</param>
/// <param name="Role"><c>primary</c> or <c>replica</c>.</param>
/// <param name="State"><c>Starting</c>, <c>Syncing</c>, <c>InSync</c> or <c>Down</c>.</param>
/// <param name="Pid">Its process; 0 where it has none.</param>
public sealed record CacheNode(int Ordinal, string Role, string State, int Pid)
{
    /// <summary>The TLS port of a clustered cache's node; 0 where it has none.</summary>
    public int TlsPort { get; init; }
}
