using System.Globalization;
using Larder.Management.Contracts;

namespace Larder.Host.Cli.Output;

/// <summary>How to connect to a cache, in lines that can be copied. Holds no key: a key on a command line is seen by everybody on the host.</summary>
internal static class ConnectText
{
    /// <summary>Writes it.</summary>
    /// <param name="console">Where to write.</param>
    /// <param name="cache">A cache that is ready.</param>
    /// <param name="command">How to call larder.</param>
    public static void Write(CliConsole console, CacheView cache, string command)
    {
        var endpoint = cache.Endpoint;
        var nodes = cache.Shards.Sum(shard => shard.Nodes.Length);
        var replicas = nodes - cache.Shards.Length;
        console.WriteLine(
            $"{cache.Name} is ready: {CacheText.EngineOf(cache)}, {Count(cache.Shards.Length, "primary", "primaries")} and "
            + $"{Count(replicas, "replica", "replicas")} in sync.");
        console.WriteLine();
        console.WriteLine($"  host     {endpoint.Host}");
        console.WriteLine($"  port     {endpoint.TlsPort} (TLS){(endpoint.PlainPort is { } plain ? $", {plain} (plain)" : "")}");
        console.WriteLine($"  CA file  {endpoint.CaFile ?? "none: the certificate is your own"}");
        console.WriteLine($"  key      {command} keys {cache.Name}");
        console.WriteLine();
        console.WriteLine("  redis-cli:");
        console.WriteLine("    " + RedisCli(cache, command));
        console.WriteLine("  StackExchange.Redis (add the key as password):");
        console.WriteLine("    " + StackExchange(endpoint));
        if (endpoint.CaFile is { } caFile)
        {
            console.WriteLine($"    options.TrustIssuer(\"{caFile}\");");
        }
    }

    /// <summary>A line that opens redis-cli.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="command">How to call larder.</param>
    /// <returns>The line.</returns>
    internal static string RedisCli(CacheView cache, string command)
    {
        var endpoint = cache.Endpoint;
        var trust = endpoint.CaFile is { } file ? " --cacert " + ShellText.Quote(file) : "";
        return $"REDISCLI_AUTH=\"$({command} keys {cache.Name} --primary)\" redis-cli -h {ShellText.Quote(endpoint.Host)} -p {endpoint.TlsPort} --tls{trust} "
            + $"--sni {ShellText.Quote(endpoint.ServerName)}";
    }

    /// <summary>A connection string without the key.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <returns>The string.</returns>
    internal static string StackExchange(EndpointView endpoint) => string.Create(
        CultureInfo.InvariantCulture, $"{endpoint.Host}:{endpoint.TlsPort},ssl=True,sslHost={endpoint.ServerName},abortConnect=False");

    private static string Count(int count, string one, string many) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");
}
