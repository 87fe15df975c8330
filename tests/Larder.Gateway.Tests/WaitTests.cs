using System.Diagnostics;
using System.Globalization;
using Larder.Compat.Doors;
using Larder.Compat.Engines;
using Larder.Gateway.Tests.Harness;
using Microsoft.Extensions.Logging.Abstractions;

namespace Larder.Gateway.Tests;

/// <summary>
/// WAIT, which needs a connection of its own, after writes that went over a shared one: it waits for those. Newer engines count from what the connection itself
/// has written.
/// </summary>
public sealed class WaitTests
{
    [Theory]
    [InlineData("redis 7.0")]
    [InlineData("redis 8.0")]
    [InlineData("valkey 8.1")]
    public async Task Wait_waits_for_what_was_written_over_a_shared_connection(string name)
    {
        var installation = await InstalledEngines.FindAsync(name);
        Assert.SkipWhen(installation is null, $"{name} is not on this machine ('tools/fetch-engine' puts it there).");
        await using var primary = await EngineProcess.StartAsync(installation!);
        await using var replica = await EngineProcess.StartAsync(installation!);
        await using var door = await TestDoor.OpenAsync(
            primary.SocketPath, primary.Gateway.Name, primary.Gateway.Password.Reveal(), EngineProcess.Key, 0, null, null, NullLoggerFactory.Instance);
        await using var administrator = await replica.ConnectAsAdministratorAsync();
        await administrator.ExpectAsync("+OK", "REPLICAOF", "127.0.0.1", primary.ReplicationPort.ToString(CultureInfo.InvariantCulture));

        await using var client = await door.ConnectAsync();
        await client.ExpectAsync("+OK", "AUTH", EngineProcess.Key);
        await client.ExpectAsync("+OK", "SET", "a", "1");
        await Door.EventuallyAsync(async () => (await client.AskAsync("WAIT", "1", "100")).ToString() == ":1", "the replica acknowledges");
        for (var number = 0; number < 70; number++)
        {
            await client.ExpectAsync("+PONG", "PING"); // until it shares again
        }

        Signal(replica, "-STOP");
        try
        {
            await client.ExpectAsync("+OK", "SET", "a", "2");
            await client.ExpectAsync(":0", "WAIT", "1", "200");
        }
        finally
        {
            Signal(replica, "-CONT");
        }

        await Door.EventuallyAsync(async () => (await client.AskAsync("WAIT", "1", "100")).ToString() == ":1", "the replica acknowledges again");
    }

    private static void Signal(EngineProcess engine, string signal)
    {
        using var kill = Process.Start("kill", [signal, engine.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
