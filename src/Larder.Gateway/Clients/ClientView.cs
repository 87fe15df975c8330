using System.Globalization;
using System.Net;
using System.Text;
using Larder.Gateway.Commands;

namespace Larder.Gateway.Clients;

/// <summary>A client as <c>CLIENT LIST</c> tells of it (https://redis.io/docs/latest/commands/client-list/).</summary>
internal sealed record ClientView
{
    /// <summary>The id that <c>CLIENT ID</c> tells.</summary>
    public required long Id { get; init; }

    /// <summary>Where it comes from.</summary>
    public required IPEndPoint Remote { get; init; }

    /// <summary>What it has connected to.</summary>
    public required IPEndPoint Local { get; init; }

    /// <summary>The descriptor of its socket.</summary>
    public required int Descriptor { get; init; }

    /// <summary>How long it is connected.</summary>
    public required TimeSpan Age { get; init; }

    /// <summary>How long nothing went either way.</summary>
    public required TimeSpan Idle { get; init; }

    /// <summary>The user that it is.</summary>
    public required string User { get; init; }

    /// <summary>2 or 3.</summary>
    public required int Protocol { get; init; }

    /// <summary>The database selected.</summary>
    public int Database { get; init; }

    /// <summary>The command given last, in lower case.</summary>
    public string Command { get; init; } = KnownCommand.NoName;

    /// <summary>What <c>CLIENT SETNAME</c> set.</summary>
    public string Name { get; init; } = "";

    /// <summary>What <c>CLIENT SETINFO LIB-NAME</c> set.</summary>
    public string LibraryName { get; init; } = "";

    /// <summary>What <c>CLIENT SETINFO LIB-VER</c> set.</summary>
    public string LibraryVersion { get; init; } = "";

    /// <summary>Channels, patterns and shard channels subscribed to.</summary>
    public (long Channels, long Patterns, long Shards) Subscriptions { get; init; }

    /// <summary>Commands queued in a transaction; -1 outside of one.</summary>
    public int Queued { get; init; } = -1;

    /// <summary>Whether keys are watched.</summary>
    public bool Watches { get; init; }

    /// <summary>Whether it waits in a blocking command.</summary>
    public bool Blocks { get; init; }

    /// <summary>Whether it monitors.</summary>
    public bool Monitors { get; init; }

    /// <summary>Bytes of replies that it has not taken yet.</summary>
    public long OutputBytes { get; init; }

    /// <summary>Whether it is subscribed to something.</summary>
    public bool IsSubscriber => Subscriptions is not (0, 0, 0);

    /// <summary>Writes it as one line.</summary>
    /// <param name="line">Where to write; gets a line feed too.</param>
    /// <param name="queryBytes">How many bytes of the client's input are being looked at.</param>
    public void Write(StringBuilder line, int queryBytes) => line.Append(
        CultureInfo.InvariantCulture,
        $"id={Id} addr={Remote} laddr={Local} fd={Descriptor} name={Name} age={(long)Age.TotalSeconds} idle={(long)Idle.TotalSeconds} flags={Flags} db={Database} ")
        .Append(CultureInfo.InvariantCulture, $"sub={Subscriptions.Channels} psub={Subscriptions.Patterns} ssub={Subscriptions.Shards} multi={Queued} watch={(Watches ? 1 : 0)} ")
        .Append(CultureInfo.InvariantCulture, $"qbuf={queryBytes} qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem={OutputBytes} tot-mem={OutputBytes + queryBytes} ")
        .Append(CultureInfo.InvariantCulture, $"events=r cmd={Command} user={User} redir=-1 resp={Protocol} lib-name={LibraryName} lib-ver={LibraryVersion}\n");

    private string Flags
    {
        get
        {
            var flags = (Monitors ? "O" : "") + (IsSubscriber ? "P" : "") + (Queued >= 0 ? "x" : "") + (Blocks ? "b" : "");
            return flags.Length == 0 ? "N" : flags;
        }
    }
}
