namespace Larder.Engines;

/// <summary>How messages call a node.</summary>
internal static class NodeName
{
    /// <summary>The name.</summary>
    /// <param name="configuration">The node.</param>
    /// <returns>For example <c>node 1 of cache 'orders'</c>.</returns>
    public static string Of(NodeConfiguration configuration) => $"node {configuration.Ordinal} of cache '{configuration.Cache}'";
}
