using System.Buffers;
using System.Globalization;
using System.Text;
using Larder.Resp;

namespace Larder.Gateway.Notices;

/// <summary>
/// The pub/sub channel on which Azure Cache for Redis tells its clients about maintenance, and its messages
/// (https://github.com/Azure/AzureCacheForRedis/blob/main/AzureRedisEvents.md). StackExchange.Redis reads exactly these keys.
/// </summary>
internal static class AzureEvents
{
    /// <summary>The channel's name.</summary>
    public static ReadOnlySpan<byte> Channel => "AzureRedisEvents"u8;

    /// <summary>Writes the text of a message. The address and the ports are those of the endpoint: clients know no other node.</summary>
    /// <param name="type">What happens.</param>
    /// <param name="startTime">When, where the type tells it.</param>
    /// <param name="reader">Whom it is for.</param>
    public static string Format(AzureEventType type, DateTimeOffset? startTime, in NoticeReader reader)
    {
        var start = startTime is { } time ? string.Create(CultureInfo.InvariantCulture, $"|StartTimeInUTC|{time.UtcDateTime:s}") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"NotificationType|{type}{start}|IsReplica|False|IPAddress|{reader.Address}|SSLPort|{reader.TlsPort}|NonSSLPort|{reader.PlainPort}");
    }

    /// <summary>Writes a message as often as a subscriber hears it: once for its subscription to the channel, once for each pattern that it fits.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="text">The message.</param>
    /// <param name="reader">Whom it is for.</param>
    public static void WriteMessages(IBufferWriter<byte> output, string text, in NoticeReader reader)
    {
        var message = Encoding.ASCII.GetBytes(text);
        var (hearsChannel, patterns) = reader.Audience.Subscriptions;
        if (hearsChannel)
        {
            WriteHeader(output, reader.Protocol, 3);
            RespWriter.WriteBulk(output, "message"u8);
            RespWriter.WriteBulk(output, Channel);
            RespWriter.WriteBulk(output, message);
        }

        foreach (var pattern in patterns)
        {
            WriteHeader(output, reader.Protocol, 4);
            RespWriter.WriteBulk(output, "pmessage"u8);
            RespWriter.WriteBulk(output, pattern);
            RespWriter.WriteBulk(output, Channel);
            RespWriter.WriteBulk(output, message);
        }
    }

    private static void WriteHeader(IBufferWriter<byte> output, int protocol, int count)
    {
        if (protocol == 3)
        {
            RespWriter.WritePushHeader(output, count);
        }
        else
        {
            RespWriter.WriteCommandHeader(output, count);
        }
    }
}
