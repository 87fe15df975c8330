using System.Globalization;

namespace Larder.Model.Clusters;

/// <summary>A cluster has database 0 alone: what a cache has in others stands in the way of becoming one.</summary>
public static class OtherDatabases
{
    /// <summary>What is in databases other than 0.</summary>
    /// <param name="keys">Keys by database.</param>
    /// <returns>Such as <c>database 3 holds 12 keys, database 5 holds 1 key</c>; empty where they are empty.</returns>
    public static string Describe(IEnumerable<KeyValuePair<int, long>> keys) => string.Join(", ", keys
        .Where(database => database.Key != 0)
        .Select(database => string.Create(CultureInfo.InvariantCulture, $"database {database.Key} holds {database.Value} {(database.Value == 1 ? "key" : "keys")}")));
}
