using System.Net.NetworkInformation;
using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>Clients never talk to an engine, and no secret lies where others see it.</summary>
public sealed class SecurityTests
{
    [Theory]
    [InlineData("redis")]
    [InlineData("valkey")]
    [InlineData("garnet")]
    public async Task Of_all_that_listens_only_the_gateway_serves_clients(string engine)
    {
        await using var larder = new Installation();
        var cache = await larder.UpAsync(larder.DevelopmentSpec(engine: engine));
        var key = await larder.KeyAsync("dev");
        var pids = Installation.Nodes(cache).Select(node => node.GetProperty("pid").GetInt32()).Append(larder.DaemonPid).ToList();
        var ports = await ListeningPorts.OfAsync(pids);
        Assert.Contains(larder.TlsPort, ports);
        var others = ports.Where(port => port != larder.TlsPort).ToList();
        Assert.NotEmpty(others);
        var attempts =
            from port in others
            from authentication in new[] { "", key }
            from tls in new[] { Array.Empty<string>(), ["--tls", "--insecure"] }
            select Command.RunAsync(
                "timeout", ["5", "redis-cli", .. tls, "-p", $"{port}", "SET", "intruder", "1"],
                new Dictionary<string, string> { ["REDISCLI_AUTH"] = authentication });
        Assert.All(await Task.WhenAll(attempts), answer => Assert.DoesNotContain("OK", answer.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Everything_listens_on_loopback()
    {
        await using var larder = new Installation();
        var cache = await larder.UpAsync(larder.DevelopmentSpec());
        var ports = await ListeningPorts.OfAsync([.. Installation.Nodes(cache).Select(node => node.GetProperty("pid").GetInt32()), larder.DaemonPid]);
        var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(listener => ports.Contains(listener.Port));
        Assert.All(listeners, listener => Assert.True(System.Net.IPAddress.IsLoopback(listener.Address), listener.ToString()));
    }

    [Fact]
    public async Task No_secret_is_in_a_process_argument_a_log_or_a_file_that_others_can_read()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        var keys = new[] { await larder.KeyAsync("dev"), await larder.KeyAsync("dev", "secondary") };
        await larder.RedisCliAsync("dev", "SET", "a", "b");
        await larder.RunAsync("regenerate-key", "dev", "secondary");

        Assert.All(Installation.ProcessesOf(larder.Home), process => Assert.All(keys, key => Assert.DoesNotContain(key, process, StringComparison.Ordinal)));
        foreach (var path in Directory.GetFiles(larder.Home, "*", SearchOption.AllDirectories))
        {
            var mode = File.GetUnixFileMode(path);
            var open = (mode & (UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0;
            Assert.True(!open || path.EndsWith(".crt", StringComparison.Ordinal) || path == Path.Combine(larder.Home, "dev.yaml"), $"{path} is open to others: {mode}");
            if (path.EndsWith(".sock", StringComparison.Ordinal))
            {
                continue; // A socket has no content.
            }

            var text = await ReadAsync(path);
            Assert.All(keys, key => Assert.False(text.Contains(key, StringComparison.Ordinal), $"{path} has an access key in clear."));
        }
    }

    [Fact]
    public async Task Blocked_commands_are_unknown_also_inside_scripts()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        foreach (var command in new[] { "CONFIG GET maxmemory", "ACL WHOAMI", "DEBUG SLEEP 0", "SAVE", "BGSAVE", "BGREWRITEAOF", "SHUTDOWN", "REPLICAOF NO ONE", "SLAVEOF NO ONE", "MIGRATE a 1 b 0 1", "CLUSTER RESET" })
        {
            var answer = await larder.RedisCliAsync("dev", command.Split(' '));
            Assert.Contains($"ERR unknown command '{command.Split(' ')[0]}'", answer.Output + answer.Error, StringComparison.Ordinal);
        }

        var script = await larder.RedisCliAsync("dev", "EVAL", "return redis.call('CONFIG','GET','requirepass')", "0");
        Assert.Contains("ERR", script.Output + script.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Old_tls_is_refused()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec());
        foreach (var (version, accepted) in new[] { ("-tls1_1", false), ("-tls1_2", true), ("-tls1_3", true) })
        {
            var result = await Command.RunAsync(
                "openssl", ["s_client", "-connect", $"localhost:{larder.TlsPort}", "-servername", "dev.redis.localhost", "-CAfile", larder.CaFile,
                    "-verify_return_error", "-cipher", "DEFAULT@SECLEVEL=0", version]);
            Assert.True((result.ExitCode == 0) == accepted, $"{version}: {result}");
        }
    }

    private static async Task<string> ReadAsync(string path)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }
}
