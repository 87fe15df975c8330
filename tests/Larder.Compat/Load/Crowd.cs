using System.Globalization;
using Larder.Compat.Wire;

namespace Larder.Compat.Load;

/// <summary>Many clients that come and then say nothing: how long it takes until all are let in, and what each costs while it is idle.</summary>
internal static class Crowd
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(75); // Memory is given back within a minute of quiet.

    /// <param name="options"><c>clients</c>: how many (7500).</param>
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
            $"{count} {entered.TotalSeconds:0.0} {empty / 1024} {busy / 1024} {idle / 1024} {(idle - empty) / (double)count:0.0}"));
        await EndAsync(clients);
        return 0;
    }

    private static async Task<RespConnection[]> EnterAsync(Server server, int count, int atOnce)
    {
        using var turns = new SemaphoreSlim(Math.Min(atOnce, count));
        return await Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
        {
            await turns.WaitAsync();
            try
            {
                return await server.EnterAsync();
            }
            finally
            {
                turns.Release();
            }
        }));
    }

    private static Task EndAsync(RespConnection[] clients) => Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
}
