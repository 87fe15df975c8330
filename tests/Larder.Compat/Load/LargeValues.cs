using System.Globalization;
using System.Security.Cryptography;

namespace Larder.Compat.Load;

/// <summary>Values so large that a server that keeps one whole, or copies it, shows it by its memory.</summary>
internal static class LargeValues
{
    private const string Key = "large";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Reads a value that the engine has made. Prints megabytes, seconds, and how much the server's memory rose at most (KB).</summary>
    /// <param name="options"><c>megabytes</c>: how large (512).</param>
    public static async Task<int> ReadAsync(Arguments options)
    {
        var server = new Server(options);
        var bytes = (long)options.Number("megabytes", 512) << 20;
        await using var client = await server.EnterAsync();
        await client.ExpectAsync(string.Create(CultureInfo.InvariantCulture, $":{bytes}"), "SETRANGE", Key, (bytes - 1).ToString(CultureInfo.InvariantCulture), "x");
        server.Memory.Forget();
        var before = server.Memory.Resident;
        var started = TimeProvider.System.GetTimestamp();
        await client.SendAsync("GET", Key);
        await DropAsync(client.Stream, bytes + string.Create(CultureInfo.InvariantCulture, $"${bytes}\r\n\r\n").Length);
        Print(bytes, started, server.Memory.Peak - before);
        await client.ExpectAsync(":1", "DEL", Key);
        return 0;
    }

    /// <summary>Writes a value and reads it back; it must be the same. Prints as <see cref="ReadAsync"/>.</summary>
    /// <param name="options"><c>megabytes</c>: how large (64).</param>
    public static async Task<int> WriteAsync(Arguments options)
    {
        var server = new Server(options);
        var bytes = options.Number("megabytes", 64) << 20;
        var value = new byte[bytes];
        new Random(1).NextBytes(value);
        await using var client = await server.EnterAsync();
        server.Memory.Forget();
        var before = server.Memory.Resident;
        var started = TimeProvider.System.GetTimestamp();
        await client.SendAsync(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"*3\r\n$3\r\nSET\r\n${Key.Length}\r\n{Key}\r\n${bytes}\r\n")));
        await client.SendAsync(value);
        await client.SendAsync("\r\n"u8.ToArray());
        if ((await client.ReadAsync(Patience)).ToString() is not "+OK" and var refusal)
        {
            throw new InvalidOperationException($"SET was answered with {refusal}.");
        }

        await client.SendAsync("GET", Key);
        var reply = await client.ReadAsync(Patience);
        var took = started;
        if (!SHA256.HashData(System.Text.Encoding.Latin1.GetBytes(reply.Text)).AsSpan().SequenceEqual(SHA256.HashData(value)))
        {
            throw new InvalidOperationException("What came back is not what was written.");
        }

        Print(bytes, took, server.Memory.Peak - before);
        await client.ExpectAsync(":1", "DEL", Key);
        return 0;
    }

    private static void Print(long bytes, long started, long rise) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{bytes >> 20} {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.00} {rise}"));

    private static async Task DropAsync(Stream stream, long count)
    {
        var buffer = new byte[1 << 18];
        while (count > 0)
        {
            var read = await stream.ReadAsync(buffer);
            count -= read > 0 ? read : throw new EndOfStreamException($"{count} bytes are missing.");
        }
    }
}
