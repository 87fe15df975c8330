using System.Net;
using System.Net.Sockets;
using Larder.EndToEnd.Tests.Harness;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Larder.EndToEnd.Tests;

/// <summary>Bad input: a clear error, exit code 2, and nothing changed.</summary>
public sealed class BadInputTests
{
    private const string Good = "name: dev\npreset: development\nengine: redis\nmemory_mb: 64\n";

    public static TheoryData<string, string> BadFiles => new()
    {
        { "name: dev\npreset: development\ncolour: red\n", "colour" },
        { "name: dev\npreset: development\nmemory_mb: lots\n", "memory_mb" },
        { "name: dev\npreset: development\nredis: { capacity: 6 }\n", "capacity" },
        { "name: dev\npreset: development\nredis: { replicas_per_primary: 0 }\n", "replicas_per_primary" },
        { "name: dev\npreset: development\nredis: { replicas_per_primary: 4 }\n", "replicas_per_primary" },
        { "name: dev\npreset: development\nredis: { persistence: RDB, rdb_persistence: 20 }\n", "rdb_persistence" },
        { "name: dev\npreset: development\nredis: { persistence: AOF, rdb_persistence: 15 }\n", "rdb_persistence" },
        { "name: dev\npreset: development\ncluster: { shard_count: 3 }\n", "shard_count" },
        { "name: my cache\npreset: development\n", "name" },
        { "name: -dev\npreset: development\n", "name" },
        { $"name: {new string('a', 64)}\npreset: development\n", "name" },
        { "name: dev\npreset: development\nengine: redis\nredis: { redis_version: \"99\" }\n", "99" },
        { "name: dev\npreset: development\nendpoint: { address: 8.8.8.8 }\n", "publicNetworkAccess" },
        { "name: dev\npreset: development\nendpoint: { address: 10.254.253.252 }\n", "10.254.253.252" },
        { "", "empty" },
        { "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n", "anchor" },
    };

    [Fact]
    public async Task Every_bad_file_is_refused_by_name_and_nothing_is_made()
    {
        await using var larder = new Installation();
        (await larder.RunAsync("up", "--detach")).Succeeded();
        foreach (var (text, named) in BadFiles.Select(row => row.Data))
        {
            var result = await larder.RunAsync("apply", larder.Spec(text, "bad.yaml"));
            Assert.True(result.ExitCode == 2, $"exit code {result.ExitCode} for:\n{text}\n{result}");
            Assert.Contains(named, result.Error + result.Output, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Equal("[]", (await larder.RunAsync("list", "--output", "json")).Succeeded().Output.Trim());
    }

    [Fact]
    public async Task Files_that_cannot_be_read_are_refused_before_anything_is_started()
    {
        await using var larder = new Installation();
        var large = larder.Spec("name: dev\n#" + new string('x', 10 << 20), "large.yaml");
        foreach (var path in new[] { Path.Combine(larder.Home, "absent.yaml"), larder.Home, large })
        {
            var result = await larder.RunAsync("up", path, "--detach");
            Assert.True(result.ExitCode == 2, $"{result}");
            Assert.Contains(path, result.Error + result.Output, StringComparison.Ordinal);
        }

        Assert.Empty(Installation.ProcessesOf(larder.Home));
    }

    [Theory]
    [InlineData("redis: { persistence: AOF }", "persistence")]
    [InlineData("redis: { replicas_per_primary: 2 }", "replicas_per_primary")]
    [InlineData("engine: valkey", "engine")]
    public async Task What_cannot_change_is_refused_and_nothing_is_changed(string change, string named)
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.Spec(Good));
        var before = await larder.ShowAsync("dev");
        var text = change.StartsWith("engine", StringComparison.Ordinal) ? Good.Replace("engine: redis", change, StringComparison.Ordinal) : Good + change + "\n";
        var result = await larder.RunAsync("apply", larder.Spec(text, "changed.yaml"));
        Assert.True(result.ExitCode == 2, $"{result}");
        Assert.Contains(named, result.Error + result.Output, StringComparison.Ordinal);
        var after = await larder.ShowAsync("dev");
        Assert.Equal(before.GetProperty("spec").ToString(), after.GetProperty("spec").ToString());
        Assert.Equal("Ready", after.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_lower_version_is_refused()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.DevelopmentSpec(version: "8"));
        var result = await larder.RunAsync("apply", larder.DevelopmentSpec(version: "7"));
        Assert.True(result.ExitCode == 2, $"{result}");
        Assert.Contains("redis_version", result.Error + result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_refused_naming_the_process()
    {
        await using var larder = new Installation();
        using var listener = new TcpListener(IPAddress.Loopback, larder.TlsPort);
        listener.Start();
        var result = await larder.RunAsync("up", larder.Spec(Good), "--detach");
        Assert.True(result.ExitCode == 2, $"{result}");
        Assert.Contains($"{larder.TlsPort}", result.Error, StringComparison.Ordinal);
        Assert.Contains($"{Environment.ProcessId}", result.Error, StringComparison.Ordinal);
        Assert.Equal("[]", (await larder.RunAsync("list", "--output", "json")).Succeeded().Output.Trim());
    }

    [Fact]
    public async Task A_port_that_was_taken_while_larder_was_down_is_told_with_the_process_and_opened_when_it_is_free()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.Spec(Good));
        (await larder.RunAsync("down")).Succeeded();
        using var listener = new TcpListener(IPAddress.Loopback, larder.TlsPort);
        listener.Start();
        var up = larder.RunAsync("up", "--detach");
        var owner = $"process {Environment.ProcessId} ";
        var waited = TimeProvider.System.GetTimestamp();
        for (var told = ""; !told.Contains(owner, StringComparison.Ordinal);)
        {
            Assert.False(up.IsCompleted, "up has ended, though the port is not open");
            Assert.True(TimeProvider.System.GetElapsedTime(waited) < TimeSpan.FromSeconds(30), $"the process is not named; list says: {told}");
            told = (await larder.RunAsync("list", "--output", "json")).ToString(); // Fails while the daemon is starting.
        }

        listener.Stop();
        (await up).Succeeded();
        Assert.True(Installation.IsReady(await larder.ShowAsync("dev")));
    }

    [Fact]
    public async Task A_name_that_differs_only_in_case_is_refused()
    {
        await using var larder = new Installation();
        await larder.UpAsync(larder.Spec(Good));
        var result = await larder.RunAsync("apply", larder.Spec(Good.Replace("name: dev", "name: Dev", StringComparison.Ordinal), "other.yaml"));
        Assert.True(result.ExitCode == 2, $"{result}");
        Assert.Single((await larder.RunAsync("list", "--output", "json")).Succeeded().Json.EnumerateArray());
    }

    [Fact]
    public async Task A_home_that_is_a_file_is_refused()
    {
        await using var larder = new Installation();
        var file = Path.Combine(larder.Home, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        var result = await larder.RunAsync("up", "--detach", "--home", file);
        Assert.True(result.ExitCode == 2, $"{result}");
        Assert.Contains(file, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_home_of_a_newer_larder_is_refused_and_left_alone()
    {
        await using var larder = new Installation();
        (await larder.RunAsync("up", "--detach")).Succeeded();
        (await larder.RunAsync("down")).Succeeded();
        var before = await SetSchemaAsync(larder, 99);
        var result = await larder.RunAsync("up", larder.Spec(Good), "--detach");
        Assert.True(result.ExitCode == 2, $"{result}");
        Assert.Contains("newer Larder", result.Error, StringComparison.Ordinal);
        Assert.Equal(99, await SetSchemaAsync(larder, before));
        (await larder.RunAsync("up", "--detach")).Succeeded();
    }

    [Fact]
    public async Task A_home_that_cannot_be_written_to_is_refused()
    {
        await using var larder = new Installation();
        var home = Path.Combine("/proc", "larder-home");
        var result = await larder.RunAsync("up", "--detach", "--home", home);
        Assert.True(result.ExitCode == 2, $"{result}");
        Assert.Contains(home, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_does_not_start_is_undone_and_its_last_lines_are_shown()
    {
        await using var larder = new Installation();
        var folder = Path.Combine(larder.Home, "engines", "redis-7.9.9");
        Directory.CreateDirectory(folder);
        var binary = Path.Combine(folder, "redis-server");
        await File.WriteAllTextAsync(
            binary,
            "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'Redis server v=7.9.9 sha=00000000:0 malloc=libc bits=64 build=0'; exit 0; fi\necho 'no wheels on this wagon'; exit 3\n",
            TestContext.Current.CancellationToken);
        File.SetUnixFileMode(binary, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var result = await larder.RunAsync("up", larder.DevelopmentSpec(version: "7.9"), "--detach", "--output", "json");
        Assert.True(result.ExitCode == 2, $"{result}");
        var message = result.Json.GetProperty("error").GetProperty("message").GetString();
        Assert.Contains("no wheels on this wagon", message, StringComparison.Ordinal);
        Assert.Contains("was not created", message, StringComparison.Ordinal);
        Assert.Equal("[]", (await larder.RunAsync("list", "--output", "json")).Succeeded().Output.Trim());
        Assert.False(Directory.Exists(Path.Combine(larder.Home, "caches", "dev")));
    }

    [Fact]
    public async Task Unknown_verbs_and_caches_exit_with_2()
    {
        await using var larder = new Installation();
        Assert.Equal(2, (await larder.RunAsync("frobnicate")).ExitCode);
        (await larder.RunAsync("up", "--detach")).Succeeded();
        Assert.Equal(2, (await larder.RunAsync("show", "absent")).ExitCode);
        Assert.Equal(2, (await larder.RunAsync("keys", "absent")).ExitCode);
        Assert.Equal(2, (await larder.RunAsync("delete", "absent", "--yes")).ExitCode);
        Assert.Equal(2, (await larder.RunAsync("regenerate-key", "absent", "third")).ExitCode);
    }

    /// <summary>Sets the schema's number in the store and returns the one before.</summary>
    private static async Task<long> SetSchemaAsync(Installation larder, long version)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(larder.Home, "store", "larder.db")};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        var before = (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        command.CommandText = $"PRAGMA user_version = {version}";
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return before;
    }
}
