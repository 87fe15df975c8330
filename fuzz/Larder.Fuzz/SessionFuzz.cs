using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Larder.Compat.Doors;
using Larder.Compat.Engines;
using Larder.Compat.Wire;
using Larder.Gateway;
using Larder.Model.Engines;

namespace Larder.Fuzz;

/// <summary>
/// Sessions through a real gateway before a real engine, many at a time: right, spoilt and nonsensical bytes, cut anywhere, ended anyhow. Everything a
/// client writes carries its mark; a mark that another client receives is an answer to the wrong one. In the end the engine lives, nothing is left open, and
/// the gateway has nothing to report.
/// </summary>
/// <param name="installation">The engine.</param>
/// <param name="seed">Of the choices.</param>
public sealed partial class SessionFuzz(EngineInstallation installation, int seed)
{
    /// <summary>The gateway keeps one connection for each of its loops and each protocol.</summary>
    private static readonly int Shared = 2 * Environment.ProcessorCount;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly string[] Commands =
    [
        "SET {k} {v}", "SET {k} {v}", "GET {k}", "GET {k}", "ECHO {v}", "ECHO {v}", "APPEND {k} {v}", "RPUSH {k}l {v} {v}", "LRANGE {k}l 0 -1", "DEL {k} {k}l", "HSET {k}h f {v}", "HGETALL {k}h", "PING {v}",
        "MULTI", "EXEC", "DISCARD", "WATCH {k}", "UNWATCH", "SUBSCRIBE {k}", "UNSUBSCRIBE", "PUBLISH {k} {v}", "PSUBSCRIBE {k}*", "PUNSUBSCRIBE", "HELLO 3", "HELLO 2", "SELECT 1", "SELECT 0",
        "CLIENT SETNAME {v}", "CLIENT GETNAME", "CLIENT REPLY OFF", "CLIENT REPLY ON", "CLIENT REPLY SKIP", "CLIENT TRACKING ON", "CLIENT TRACKING OFF", "CLIENT ID", "RESET", "QUIT", "AUTH primary-key", "AUTH wrong",
        "HELLO 3 AUTH default primary-key SETNAME {v}", "CONFIG GET *", "DEBUG SLEEP 9", "NONSENSE {v}", "BLPOP {k}l 0.01", "BLPOP {k}q 0.01", "BLPOP {k}q 0", "XADD {k}s * f {v}", "XREAD BLOCK 1 STREAMS {k}s $",
        "EVAL return{ARGV[1],KEYS[1]} 1 {k} {v}", "EVAL return{err='E'} 0", "EVALSHA 0 0", "OBJECT ENCODING {k}", "LPOS {k}l {v}", "GETRANGE {k} 0 -1", "SCRIPT LOAD return'{v}'", "WAIT 0 1",
    ];

    private long _received;
    private string _last = "";

    /// <summary>How many inputs (a session has several) were sent.</summary>
    public long Inputs { get; private set; }

    /// <summary>How many bytes came back.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Runs sessions.</summary>
    /// <param name="sessions">How many.</param>
    /// <param name="atOnce">How many at a time.</param>
    /// <exception cref="FuzzException">Something was found.</exception>
    public async Task RunAsync(int sessions, int atOnce)
    {
        await using var engine = await EngineProcess.StartAsync(installation);
        using var log = new RecordingLoggers();
        await using var door = await TestDoor.OpenAsync(
            engine.SocketPath, engine.Gateway.Name, engine.Gateway.Password.Reveal(), EngineProcess.Key, 0, null,
            new GatewayOptions { BatchesBeforeSharing = 2 }, log); // Sessions come and go between shared connections and their own as often as they can.
        await using var administrator = await engine.ConnectAsAdministratorAsync();
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async worker =>
        {
            while (Interlocked.Increment(ref next) is var session && session <= sessions)
            {
                try
                {
                    await RunAsync(door, session);
                    if (atOnce == 1)
                    {
                        // One at a time: then it is known which session it was.
                        await EventuallyAsync(
                            () => Task.FromResult(door.Snapshot().Caches[0].Sessions == 0), () => Task.FromResult($"session {session} did not end in the gateway; it had sent: {_last}"));
                    }
                }
                catch (Exception problem) when (problem is not FuzzException)
                {
                    throw new FuzzException($"session {session} of seed {seed}: {problem}");
                }
            }
        }));

        if (engine.HasExited)
        {
            throw new FuzzException($"seed {seed}: the engine ended: {engine.Output}");
        }

        await EventuallyAsync(() => Task.FromResult(door.Snapshot().Caches[0].Sessions == 0), () => Task.FromResult("the gateway still has sessions"));
        await EventuallyAsync(
            async () => Shared >= (await administrator.AskAsync("CLIENT", "LIST")).Text.Split('\n').Count(line => line.Contains($"user={engine.Gateway.Name} ", StringComparison.Ordinal)),
            async () => "the engine still has connections of clients that are gone: " + (await administrator.AskAsync("CLIENT", "LIST")).Text);
        await using var after = await door.ConnectAsync();
        await after.ExpectAsync("+OK", "AUTH", EngineProcess.Key);
        await after.ExpectAsync("+PONG", "PING");
        if (!log.Problems.IsEmpty)
        {
            throw new FuzzException($"seed {seed}: the gateway's log has: {string.Join('\n', log.Problems.Take(5))}");
        }
    }

    private async Task RunAsync(TestDoor door, int session)
    {
        var random = new Random(unchecked((seed * 1_000_003) + session));
        var mark = Mark(session);
        await using var connection = await door.ConnectAsync();
        var stream = connection.Stream;
        var text = new StringBuilder();
        var reading = ReadAsync(stream, text);
        if (random.Next(10) > 0)
        {
            await SendAsync(stream, RespConnection.Encode("AUTH", EngineProcess.Key), random);
        }

        var sent = new StringBuilder();
        for (var inputs = random.Next(1, 8); inputs > 0; inputs--)
        {
            var bytes = new List<byte>();
            for (var count = random.Next(1, 12); count > 0; count--)
            {
                var words = Commands[random.Next(Commands.Length)].Split(' ').Select(word => word
                    .Replace("{k}", mark + random.Next(3).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                    .Replace("{v}", mark + (random.Next(60) == 0 ? new string('v', random.Next(100_000)) : ""), StringComparison.Ordinal)).ToArray();
                bytes.AddRange(random.Next(20) == 0 ? Encoding.Latin1.GetBytes(string.Join(' ', words) + "\r\n") : RespConnection.Encode(words));
            }

            if (random.Next(3) == 0)
            {
                Mutation.Apply(bytes, random);
            }

            Inputs++;
            sent.Append('\n').Append(Encoding.Latin1.GetString([.. bytes]));
            await SendAsync(stream, bytes.ToArray(), random);
        }

        _last = sent.ToString();
        // The end: in order, half-way, or broken off in the middle of it all.
        switch (random.Next(4))
        {
            case 0:
                await QuietlyAsync(() => ((SslStream)stream).ShutdownAsync());
                break;
            case 1:
                await SendAsync(stream, RespConnection.Encode("QUIT"), random);
                break;
            default:
                await connection.DisposeAsync();
                break;
        }

        // What waits for ever, or has its replies off, is not answered any more: its connection is broken off.
        await Task.WhenAny(reading, Task.Delay(200));
        await connection.DisposeAsync();
        await reading.WaitAsync(Patience);
        foreach (Match match in AnyMark().Matches(text.ToString()))
        {
            if (match.Value != mark && Mark(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)) == match.Value)
            {
                throw new FuzzException($"session {session} of seed {seed} received what is of session {match.Groups[1].Value}");
            }
        }
    }

    private async Task ReadAsync(Stream stream, StringBuilder text)
    {
        var buffer = new byte[16384];
        await QuietlyAsync(async () =>
        {
            while (await stream.ReadAsync(buffer) is > 0 and var count)
            {
                Interlocked.Add(ref _received, count);
                text.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        });
    }

    /// <summary>Sends in pieces. The other side may have closed long ago, which is its right.</summary>
    private static Task SendAsync(Stream stream, ReadOnlyMemory<byte> bytes, Random random) => QuietlyAsync(async () =>
    {
        while (!bytes.IsEmpty)
        {
            var length = random.Next(3) == 0 ? bytes.Length : Math.Min(bytes.Length, random.Next(1, 600));
            await stream.WriteAsync(bytes[..length]);
            bytes = bytes[length..];
        }
    });

    private static async Task QuietlyAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception problem) when (problem is IOException or SocketException or ObjectDisposedException or InvalidOperationException or CryptographicException
            || problem.GetType().Name == "SslException")
        {
            // The connection's end, wherever it meets us.
        }
    }

    private async Task EventuallyAsync(Func<Task<bool>> condition, Func<Task<string>> otherwise)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
            {
                throw new FuzzException($"seed {seed}: {await otherwise()}");
            }

            await Task.Delay(10);
        }
    }

    /// <summary>With a checksum: bytes that were spoilt on their way out are nobody's mark.</summary>
    private static string Mark(int session) => string.Create(CultureInfo.InvariantCulture, $"<{session}-{unchecked((uint)(session * 2654435761L)):x8}>");

    [GeneratedRegex("<([0-9]{1,9})-[0-9a-f]{8}>")]
    private static partial Regex AnyMark();
}
