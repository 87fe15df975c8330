using System.Globalization;
using System.Net.Sockets;
using Larder.Compat.Wire;

namespace Larder.Compat.Load;

/// <summary>Many clients that come and then say nothing: how long it takes until all are let in, and what each costs while it is idle.</summary>
internal static class Crowd
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(75); // Memory is given back within a minute of quiet.

    /// <param name="options"><c>clients</c>: how many (7500). Prints how many were let in and within how many seconds, the server's memory before, after one command each and in the end (MiB), and what each costs (KB).</param>
    /// <param name="atOnce">How many handshakes at a time.</param>
    public static async Task<int> RunAsync(Arguments options, int atOnce)
    {
        var server = new Server(options);
        var count = options.Number("clients", 7500);

        // What the first clients cost stays for all who come later.
        await EndAsync(await EnterAsync(server, 100, 16));
        await Task.Delay(Rest);
        var empty = server.Memory.Resident;
        var started = TimeProvider.System.GetTimestamp();
        var clients = await EnterAsync(server, count, atOnce);
        var entered = TimeProvider.System.GetElapsedTime(started);
        foreach (var client in clients)
        {
            await client.ExpectAsync("+PONG", "PING");
        }

        var busy = server.Memory.Resident;
        await Task.Delay(Rest);
        var idle = server.Memory.Resident;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{clients.Length} {entered.TotalSeconds:0.0} {empty / 1024} {busy / 1024} {idle / 1024} {(idle - empty) / (double)clients.Length:0.0}"));
        await EndAsync(clients);
        return 0;
    }

    /// <summary>Lets clients in; whom the server does not let in, because they are too many at once, is left out.</summary>
    private static async Task<RespConnection[]> EnterAsync(Server server, int count, int atOnce)
    {
        using var turns = new SemaphoreSlim(Math.Min(atOnce, count));
        var clients = await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            await turns.WaitAsync();
            try
            {
                return await server.EnterAsync();
            }
            catch (Exception problem) when (problem is IOException or SocketException or InvalidOperationException)
            {
                return null;
            }
            finally
            {
                turns.Release();
            }
        }));
        return [.. clients.OfType<RespConnection>()];
    }

    private static Task EndAsync(RespConnection[] clients) => Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
}
