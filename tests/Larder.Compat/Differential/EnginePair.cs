using System.Globalization;
using Larder.Compat.Doors;
using Larder.Compat.Engines;
using Larder.Gateway;
using Larder.Model.Engines;
using Microsoft.Extensions.Logging.Abstractions;

namespace Larder.Compat.Differential;

/// <summary>Two engines of the same kind, one to be talked to directly, the other through the door.</summary>
public sealed class EnginePair : IAsyncDisposable
{
    private readonly EngineProcess _direct;
    private readonly EngineProcess _behind;
    private readonly TestDoor _door;

    private EnginePair(EngineInstallation installation, EngineProcess direct, EngineProcess behind, TestDoor door) =>
        (Installation, _direct, _behind, _door) = (installation, direct, behind, door);

    public EngineInstallation Installation { get; }

    public static async Task<EnginePair> StartAsync(EngineInstallation installation)
    {
        var engines = await Task.WhenAll(EngineProcess.StartAsync(installation), EngineProcess.StartAsync(installation));
        var (direct, behind) = (engines[0], engines[1]);
        var door = await TestDoor.OpenAsync(
            behind.SocketPath, behind.Gateway.Name, behind.Gateway.Password.Reveal(), EngineProcess.Key, 0, null,
            new GatewayOptions { BatchesBeforeSharing = 2 }, NullLoggerFactory.Instance); // Sessions come and go between shared connections and their own as often as they can.
        var pair = new EnginePair(installation, direct, behind, door);
        await using var first = await pair.EnterAsync(2);
        while (!door.Snapshot().Caches[0].KnowsCommands)
        {
            await Task.Delay(5); // What the gateway knows of the engine it asks when the first client comes.
        }

        return pair;
    }

    /// <summary>Two connections, on which nothing has been said.</summary>
    public async Task<ConnectionPair> ConnectAsync()
    {
        foreach (var engine in new[] { _direct, _behind })
        {
            if (engine.HasExited)
            {
                throw new InvalidOperationException($"{(engine == _direct ? "The engine that is asked directly" : "The engine behind the door")} has ended:\n{engine.Output}");
            }
        }

        return new ConnectionPair(await _direct.ConnectAsync(), await _door.ConnectAsync());
    }

    /// <summary>Two connections that have authenticated.</summary>
    /// <param name="protocol">2 or 3.</param>
    public async Task<ConnectionPair> EnterAsync(int protocol)
    {
        var pair = await ConnectAsync();
        foreach (var connection in new[] { pair.Direct, pair.Through })
        {
            await connection.ExpectAsync("+OK", "AUTH", EngineProcess.Key);
            if (protocol == 3)
            {
                await connection.AskAsync("HELLO", "3");
            }
        }

        return pair;
    }

    /// <summary>Has both engines do something that clients may not.</summary>
    public async Task AdministerAsync(params string[] command)
    {
        foreach (var engine in new[] { _direct, _behind })
        {
            await using var administrator = await engine.ConnectAsAdministratorAsync();
            await administrator.ExpectAsync("+OK", command);
        }
    }

    /// <summary>Waits until as many clients wait at both engines.</summary>
    /// <returns>What is wrong, where they never do.</returns>
    public async Task<string?> WaitForWaitingAsync(int count)
    {
        foreach (var engine in new[] { _direct, _behind })
        {
            await using var administrator = await engine.ConnectAsAdministratorAsync();
            var started = TimeProvider.System.GetTimestamp();
            while (!(await administrator.AskAsync("INFO", "clients")).Contains(string.Create(CultureInfo.InvariantCulture, $"blocked_clients:{count}\r\n")))
            {
                if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(10))
                {
                    return $"    There were never {count} clients waiting {(engine == _direct ? "directly" : "through the door")}.";
                }
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await _behind.DisposeAsync();
        await _direct.DisposeAsync();
    }
}
