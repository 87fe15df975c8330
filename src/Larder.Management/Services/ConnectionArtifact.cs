using System.Text.Json.Nodes;
using Larder.Management.Contracts;

namespace Larder.Management.Services;

/// <summary>The connection artifact that deployment tools hand to applications. Its form is Massdriver's <c>redis-authentication</c> definition.</summary>
internal static class ConnectionArtifact
{
    /// <summary>Renders it.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="primaryKey">Its primary access key, in clear.</param>
    /// <returns>The artifact.</returns>
    public static JsonObject Render(CacheView cache, string primaryKey) => new()
    {
        ["data"] = new JsonObject
        {
            ["infrastructure"] = new JsonObject { ["ari"] = ResourceId(cache.Name) },
            ["authentication"] = new JsonObject
            {
                ["username"] = "",
                ["password"] = primaryKey,
                ["hostname"] = cache.Endpoint.Host,
                ["port"] = cache.Endpoint.PlainPort ?? cache.Endpoint.TlsPort,
            },
            ["security"] = new JsonObject(),
        },
        ["specs"] = new JsonObject
        {
            ["cache"] = new JsonObject
            {
                ["engine"] = cache.Engine is "garnet" ? "redis" : cache.Engine,
                ["version"] = cache.Version,
            },
        },
    };

    /// <summary>The cache's id in the form of an Azure resource id, under the installation's one subscription and group.</summary>
    private static string ResourceId(string cache) =>
        $"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/larder/providers/Microsoft.Cache/Redis/{cache}";
}
