using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Larder.Gateway.Tests.Harness;

namespace Larder.Gateway.Tests;

/// <summary>
/// The same bytes to a redis-server and to a gateway before one: the same bytes must come back, and the connection end in the same way. What the
/// gateway blocks, the server is told not to know; so its own words are the expectation there too.
/// </summary>
public sealed partial class DifferentialTests : IAsyncLifetime
{
    private const string Settings =
        $"user default on >{Door.Key} ~* &* +@all\nrename-command CONFIG \"\"\nrename-command SAVE \"\"\nrename-command DEBUG \"\"\nrename-command ACL \"\"\n";

    private static readonly string[] Keys = ["AUTH primary-key", "AUTH default primary-key", "HELLO 2 AUTH default primary-key", "hello 3 Auth default primary-key SetName me"];

    /// <summary>Out of every state in which QUIT has no reply: an engine that has nothing to answer may forget to close after it.</summary>
    private static readonly string[] End = ["DISCARD", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "CLIENT REPLY ON", "QUIT"];

    /// <summary>Each line a command; those that occur twice are wanted more often.</summary>
    private static readonly string[] Commands =
    [
        "PING", "PING x", "ECHO one", "ECHO two", "ECHO", "SET k v", "GET k", "GET", "INCR n", "INCR k", "GET nothing", "DEL k", "TYPE k",
        "RPUSH l message c x", "LRANGE l 0 -1", "LRANGE l 0 2", "HSET h a 1 b 2", "HGETALL h", "SADD s a", "SMEMBERS s", "ZADD z 1.5 a", "ZSCORE z a",
        "MULTI", "MULTI", "EXEC", "EXEC", "DISCARD", "WATCH k n", "UNWATCH", "EXEC x", "MULTI x", "WATCH",
        "SUBSCRIBE c", "SUBSCRIBE c c", "PSUBSCRIBE p*", "SSUBSCRIBE e", "SUBSCRIBE", "UNSUBSCRIBE", "UNSUBSCRIBE c", "UNSUBSCRIBE c nothing",
        "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "SUNSUBSCRIBE e e", "PUBLISH c hello", "PUBLISH nobody x", "PUBSUB CHANNELS",
        "HELLO", "HELLO 2", "HELLO 3", "HELLO 3", "HELLO 4", "HELLO x", "HELLO 3 AUTH default primary-key", "HELLO 2 AUTH default wrong",
        "HELLO 3 SETNAME me", "HELLO 3 SETNAME", "HELLO 2 AUTH default", "HELLO 2 NONSENSE",
        "AUTH primary-key", "AUTH default primary-key", "AUTH wrong", "AUTH", "AUTH a b c", "AUTH nobody primary-key",
        "SELECT 1", "SELECT 0", "SELECT 99", "SELECT x", "SELECT", "SELECT -1",
        "CLIENT REPLY OFF", "CLIENT REPLY ON", "CLIENT REPLY ON", "CLIENT REPLY SKIP", "CLIENT REPLY", "CLIENT REPLY NONSENSE", "client reply skip",
        "CLIENT SETNAME me", "CLIENT GETNAME", "CLIENT SETNAME", "CLIENT", "CLIENT NONSENSE", "CLIENT NO-EVICT ON", "CLIENT TRACKINGINFO",
        "CONFIG GET maxmemory", "config set a b", "SAVE", "DEBUG JMAP", "ACL WHOAMI", "CONFIG", "NONSENSE", "nonsense with arguments",
        "BLPOP q 0.01", "BLPOP l 0.01", "BLPOP k 1", "BLPOP q never", "BLPOP", "BRPOPLPUSH q r 0.01", "XREAD BLOCK 5 STREAMS x $", "WAIT 0 0", "BZPOPMIN zz 0.01",
        "EVAL return{'message','c','x'} 0", "EVAL return{err='MY'} 0", "EVAL return 0", "EVAL return{1,{2,{3}}} 0", "EVAL", "SCRIPT EXISTS a", "COMMAND COUNT",
        "RESET x", "CLUSTER INFO", "ROLE x", "OBJECT HELP", "FUNCTION LIST", "LMPOP 1 l LEFT", "SORT l ALPHA",
    ];

    /// <summary>
    /// What is wrong in itself is told a stranger by a server and not by the gateway, which gives away nothing: only the rest can be compared.
    /// </summary>
    private static readonly string[] StrangersCommands =
    [
        "PING", "GET k", "ECHO one", "HELLO", "HELLO 2", "HELLO 3", "HELLO 4", "HELLO x", "HELLO 3 AUTH default wrong", "HELLO 2 NONSENSE",
        "HELLO 3 SETNAME", "HELLO 2 AUTH default", "HELLO 4 AUTH default primary-key", "AUTH", "AUTH wrong", "AUTH a b c", "AUTH nobody primary-key", "RESET", "MULTI",
        "SUBSCRIBE c", "CLIENT REPLY OFF", "CLIENT SETNAME me", "auth default wrong", "hello 3 auth default wrong setname me",
    ];

    private RedisProcess _direct = null!;
    private RedisProcess _behind = null!;
    private Door _door = null!;

    public async ValueTask InitializeAsync()
    {
        (_direct, _behind) = (await RedisProcess.StartAsync(Settings), await RedisProcess.StartAsync(Settings));
        _door = await Door.OpenAsync(_behind);
    }

    public async ValueTask DisposeAsync()
    {
        await _door.DisposeAsync();
        await _behind.DisposeAsync();
        await _direct.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Random_sessions_see_what_they_would_see_at_the_engine(int seed)
    {
        var random = new Random(seed);
        for (var session = 0; session < 40; session++)
        {
            var commands = new List<string>();
            for (var count = random.Next(4); count > 0; count--)
            {
                commands.Add(StrangersCommands[random.Next(StrangersCommands.Length)]);
            }

            commands.Add(Keys[random.Next(Keys.Length)]);

            for (var count = random.Next(1, 30); count > 0; count--)
            {
                commands.Add(Commands[random.Next(Commands.Length)]);
            }

            commands.AddRange(End);
            var bytes = commands.SelectMany(command => Wire.Encode(command.Split(' '))).ToArray();
            await AssertSameAsync(bytes, random, string.Join(" | ", commands));
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Spoilt_bytes_are_taken_as_the_engine_takes_them(int seed)
    {
        const string spoilers = "*$\r\n0123456789-+\"'\\ ax\0\xff";
        string[] parts =
        [
            "*1\r\n$4\r\nPING\r\n", "*2\r\n$4\r\nECHO\r\n$3\r\none\r\n", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
            "ECHO 'in line'\r\n", "ECHO \"\\x41\\n\\\"\"\n", "  SET k   v \r\n", "\r\n", "*0\r\n", "*-1\r\n", "CONFIG GET 'a b'\r\n", "*2\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n",
        ];
        var random = new Random(seed);
        for (var session = 0; session < 150; session++)
        {
            var bytes = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => parts[random.Next(parts.Length)])));
            for (var count = random.Next(4); count > 0; count--)
            {
                bytes[random.Next(bytes.Length)] = (byte)spoilers[random.Next(spoilers.Length)];
            }

            await using var direct = await _direct.ConnectAsync();
            await direct.AskAsync("AUTH", Door.Key);
            await direct.AskAsync("FLUSHALL"); // What one side refused must not show in what is read later.
            await direct.WriteAsync(bytes);
            ((NetworkStream)direct.Stream).Socket.Shutdown(SocketShutdown.Send);
            await using var through = await _door.EnterAsync();
            await through.AskAsync("FLUSHALL");
            var split = random.Next(bytes.Length);
            try
            {
                await through.WriteAsync(bytes[..split]);
                await through.WriteAsync(bytes[split..]);
                await ((SslStream)through.Stream).ShutdownAsync();
            }
            catch (Exception exception) when (IsEnd(exception))
            {
                // The gateway refused the first part and closed; what it said is compared below.
            }

            var expected = await direct.ReadToEndAsync();
            var actual = await through.ReadToEndAsync(); // After the shutdown: SslStream does not take both at once, and then spoils its own records.
            if (ProtocolError().Match(actual) is { Success: true } refusal)
            {
                (actual, expected) = (actual[..refusal.Index], expected[..Math.Min(expected.Length, refusal.Index)]);
            }

            Assert.True(expected == actual, $"{Encoding.Latin1.GetString(bytes)}\n--- redis-server:\n{expected}\n--- gateway:\n{actual}");
        }

        await using var after = await _door.EnterAsync();
        Assert.Equal("+PONG", await after.AskAsync("PING"));
    }

    /// <summary>What writing and ending come to where the other side has closed; SslStream lets one exception of its own out, which is of no public type.</summary>
    private static bool IsEnd(Exception exception) => exception is IOException || exception.GetType().Name == "SslException";

    private async Task AssertSameAsync(byte[] bytes, Random random, string what)
    {
        await using var direct = await _direct.ConnectAsync();
        await using var through = await _door.ConnectAsync();
        var received = through.ReadToEndAsync();
        await direct.WriteAsync(bytes);
        try
        {
            for (var start = 0; start < bytes.Length;)
            {
                var end = Math.Min(bytes.Length, start + random.Next(1, 400));
                await through.WriteAsync(bytes[start..end]);
                start = end;
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // The gateway closed before it had read all of it; what it said is compared below.
        }

        var expected = Comparable(await direct.ReadToEndAsync());
        var actual = Comparable(await received);
        Assert.True(expected == actual, string.Create(CultureInfo.InvariantCulture, $"{what}\n--- redis-server:\n{expected}\n--- gateway:\n{actual}"));
    }

    /// <summary>Without what may differ: the number of the connection, which HELLO tells, and a word that later versions have in an error.</summary>
    private static string Comparable(string replies) =>
        Identity().Replace(replies, "$2\r\nid\r\n:?\r\n").Replace("HELLO <proto> AUTH", "HELLO AUTH", StringComparison.Ordinal);

    /// <summary>
    /// A server takes any two bytes for the end of a line or of a bulk string where they must be CR and LF. The gateway refuses them, rather than pass
    /// on what may mean two things; what it answered before must be the same, and where it refuses nothing, everything.
    /// </summary>
    [GeneratedRegex(@"-ERR Protocol error: [^\r]*\r\n\z")]
    private static partial Regex ProtocolError();

    [GeneratedRegex(@"\$2\r\nid\r\n:\d+\r\n")]
    private static partial Regex Identity();
}
