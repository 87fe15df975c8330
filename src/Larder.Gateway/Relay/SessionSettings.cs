using System.Buffers;
using System.Globalization;
using System.Text;
using Larder.Gateway.Authentication;
using Larder.Gateway.Commands;
using Larder.Gateway.Notices;
using Larder.Model.Routing;
using Larder.Resp;

namespace Larder.Gateway.Relay;

/// <summary>
/// What the engine agreed to set for a client, so that it can be set again on a connection to a new primary. Changed only under the
/// gate of the session's current <see cref="ReplyLedger"/>.
/// </summary>
internal sealed class SessionSettings
{
    /// <summary>Longer values are not kept; the session then stays with its engine connection.</summary>
    public const int MaxValueBytes = 1024;

    private readonly byte[]?[] _values = new byte[4][];
    private int _protocol = 2;

    /// <summary>2 or 3. There are no maintenance notices without RESP3: going back to RESP2 turns them off.</summary>
    public int Protocol
    {
        get => _protocol;
        set
        {
            _protocol = value;
            Maintenance = value == 3 ? Maintenance : null;
        }
    }

    /// <summary>What the client asked for with <c>CLIENT MAINT_NOTIFICATIONS ON</c>; <c>null</c> while it is off.</summary>
    public MovingEndpointType? Maintenance { get; set; }

    /// <summary>The database selected.</summary>
    public int Database { get; set; }

    /// <summary>The id that the engine gave the client's own connection; 0 while it has none, or the engine has not told.</summary>
    public long EngineId { get; set; }

    /// <summary>The command given last, in lower case.</summary>
    public string LastCommand { get; set; } = KnownCommand.NoName;

    /// <summary>Whether the client may read from a replica of a clustered cache.</summary>
    public bool IsReadOnly => _values[(int)ClientSetting.ReadOnly] is { Length: > 0 };

    /// <summary>A value that the client set.</summary>
    /// <param name="setting">Which.</param>
    /// <returns>The value; empty where it set none.</returns>
    public string ValueOf(ClientSetting setting) => _values[(int)setting] is { } value ? Encoding.Latin1.GetString(value) : "";

    /// <summary>Writes the question for the connection's id; restricted users may not ask it, so that its reply may be anything.</summary>
    /// <param name="output">Where to write.</param>
    public static void WriteIdQuestion(IBufferWriter<byte> output)
    {
        RespWriter.WriteCommandHeader(output, 2);
        RespWriter.WriteBulk(output, "CLIENT"u8);
        RespWriter.WriteBulk(output, "ID"u8);
    }

    /// <summary>Whether the client has asked for replies so large that it must have an engine connection of its own.</summary>
    public bool NeedsOwnConnection { get; set; }

    /// <summary>
    /// Whether the client has written over a shared engine connection since it last had one of its own. WAIT counts from the last write on its own connection, so
    /// that one must then begin with a write (<see cref="WriteOffsetMark"/>).
    /// </summary>
    public bool HasSharedWrites { get; set; }

    /// <summary>Notes a change that the engine agreed to.</summary>
    /// <param name="change">The change.</param>
    public void Apply(SettingChange change) => _values[(int)change.Setting] = change.Value;

    /// <summary>Writes the commands that make a new engine connection like the one before.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="primary">The engine.</param>
    /// <param name="grant">What the client's key has opened.</param>
    /// <returns>How many replies they will have.</returns>
    public int WriteHandshake(IBufferWriter<byte> output, PrimaryRoute primary, AccessGrant grant)
    {
        var count = 1;
        if (Protocol == 3)
        {
            RespWriter.WriteCommandHeader(output, 5);
            RespWriter.WriteBulk(output, "HELLO"u8);
            RespWriter.WriteBulk(output, "3"u8);
            RespWriter.WriteBulk(output, "AUTH"u8);
            Credentials.WritePair(output, primary, grant);
        }
        else
        {
            Credentials.WriteAuth(output, primary, grant);
        }

        if (Database != 0)
        {
            RespWriter.WriteCommandHeader(output, 2);
            RespWriter.WriteBulk(output, "SELECT"u8);
            RespWriter.WriteBulk(output, Encoding.ASCII.GetBytes(Database.ToString(CultureInfo.InvariantCulture)));
            count++;
        }

        if (IsReadOnly)
        {
            RespWriter.WriteCommandHeader(output, 1);
            RespWriter.WriteBulk(output, "READONLY"u8);
            count++;
        }

        return count
            + Write(output, _values[(int)ClientSetting.Name], "SETNAME"u8, default)
            + Write(output, _values[(int)ClientSetting.LibraryName], "SETINFO"u8, "LIB-NAME"u8)
            + Write(output, _values[(int)ClientSetting.LibraryVersion], "SETINFO"u8, "LIB-VER"u8);
    }

    /// <summary>
    /// Writes a command that changes nothing and reaches the replicas, and with it brings a connection's own offset up to now. Its reply may be anything: engines
    /// without it are those whose offset every command brings up to now, or that have no WAIT.
    /// </summary>
    /// <param name="output">Where to write.</param>
    public static void WriteOffsetMark(IBufferWriter<byte> output)
    {
        RespWriter.WriteCommandHeader(output, 3);
        RespWriter.WriteBulk(output, "SPUBLISH"u8);
        RespWriter.WriteBulk(output, "larder:offset"u8);
        RespWriter.WriteBulk(output, ""u8);
    }

    /// <summary>Writes the command that names the connection.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="name">The name.</param>
    public static void WriteName(IBufferWriter<byte> output, byte[] name) => Write(output, name, "SETNAME"u8, default);

    private static int Write(IBufferWriter<byte> output, byte[]? value, ReadOnlySpan<byte> subcommand, ReadOnlySpan<byte> attribute)
    {
        if (value is null)
        {
            return 0;
        }

        RespWriter.WriteCommandHeader(output, attribute.IsEmpty ? 3 : 4);
        RespWriter.WriteBulk(output, "CLIENT"u8);
        RespWriter.WriteBulk(output, subcommand);
        if (!attribute.IsEmpty)
        {
            RespWriter.WriteBulk(output, attribute);
        }

        RespWriter.WriteBulk(output, value);
        return 1;
    }
}
