using System.Globalization;
using Larder.Compat.Wire;

namespace Larder.Compat.Load;

/// <summary>Clients that ask and do not read: how far the server's memory rises, and what others wait meanwhile.</summary>
internal static class SlowReaders
{
    private const int ValueBytes = 10_000;

    /// <param name="options">
    /// <c>clients</c>: how many of them (4), each with so many <c>megabytes</c> of replies (100) asked for; <c>asks</c>: how many commands the other client gives (2000).
    /// Prints the other's 50th and 99th percentile without them and with them (ms), and how much the server's memory rose at most (KB).
    /// </param>
    public static async Task<int> RunAsync(Arguments options)
    {
        var server = new Server(options);
        var asks = options.Number("asks", 2000);
        await using var other = await server.EnterAsync();
        await other.ExpectAsync("+OK", "SET", "slow", new string('v', ValueBytes));
        await AskAsync(other, asks);
        var (median, high) = await AskAsync(other, asks);
        server.Memory.Forget();
        var before = server.Memory.Resident;
        var slow = await Task.WhenAll(Enumerable.Range(0, options.Number("clients", 4)).Select(_ => server.EnterAsync(receiveBuffer: 4096)));
        var gets = options.Number("megabytes", 100) * (1 << 20) / ValueBytes;
        var sending = slow.Select(client => SendAsync(client, gets)).ToArray();
        var (slowMedian, slowHigh) = await AskAsync(other, asks);
        await Task.WhenAny(Task.WhenAll(sending), Task.Delay(TimeSpan.FromSeconds(10)));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{median.TotalMilliseconds:0.00} {high.TotalMilliseconds:0.00} {slowMedian.TotalMilliseconds:0.00} {slowHigh.TotalMilliseconds:0.00} {server.Memory.Peak - before}"));
        foreach (var client in slow)
        {
            await client.DisposeAsync();
        }

        await Task.WhenAll(sending);
        return 0;
    }

    private static async Task SendAsync(RespConnection client, int gets)
    {
        try
        {
            var batch = Enumerable.Repeat(RespConnection.Encode("GET", "slow"), 100).SelectMany(bytes => bytes).ToArray();
            for (var sent = 0; sent < gets; sent += 100)
            {
                await client.SendAsync(batch);
            }
        }
        catch (ObjectDisposedException)
        {
            // The server read it no further, and we are done.
        }
    }

    private static async Task<(TimeSpan Median, TimeSpan High)> AskAsync(RespConnection client, int asks)
    {
        var times = new TimeSpan[asks];
        for (var index = 0; index < asks; index++)
        {
            var started = TimeProvider.System.GetTimestamp();
            await client.ExpectAsync("+PONG", "PING");
            times[index] = TimeProvider.System.GetElapsedTime(started);
        }

        Array.Sort(times);
        return (times[asks / 2], times[asks * 99 / 100]);
    }
}
