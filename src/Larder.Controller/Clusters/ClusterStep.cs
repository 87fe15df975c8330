using Larder.Engines.Clusters;

namespace Larder.Controller.Clusters;

/// <summary>One thing to tell one node of a cluster.</summary>
/// <param name="Ordinal">The node to tell.</param>
/// <param name="Meet">The node to introduce to it, or <c>null</c>.</param>
/// <param name="Forget">The id of the node that it is to forget; empty where <paramref name="Meet"/> is given.</param>
internal sealed record ClusterStep(int Ordinal, ClusterPeer? Meet, string Forget);
