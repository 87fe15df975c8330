namespace Larder.Gateway.Routing;

/// <summary>Which engine a session or lane means; which process that is at the moment, the route tells.</summary>
/// <param name="Node">Of a clustered cache: one node, whatever its role; <c>null</c> for a primary.</param>
internal readonly record struct EngineAim(int? Node)
{
    /// <summary>The primary; of a clustered cache that of any shard that has one.</summary>
    public static EngineAim Primary { get; }
}
