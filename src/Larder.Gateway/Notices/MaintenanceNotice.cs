using System.Buffers;
using System.Globalization;
using System.Text;
using Larder.Resp;

namespace Larder.Gateway.Notices;

/// <summary>A push to clients that gave <c>CLIENT MAINT_NOTIFICATIONS ON</c>.</summary>
/// <remarks>
/// The shapes are those that Redis Enterprise sends, which no document tells whole; clients differ in how much of them they need:
/// <code>
/// &gt;4 FAILING_OVER :sequence :seconds ["shard"]      Lettuce wants all four, redis-py three, go-redis and node-redis two
/// &gt;3 FAILED_OVER  :sequence          ["shard"]      the closing notice has no time
/// </code>
/// The shards are one string with a JSON list in it. A client drops a notice whose sequence number is not above the last one of its kind, also
/// after it has connected again.
/// </remarks>
/// <param name="Kind">What happens.</param>
/// <param name="Sequence">Rises with every notice of a cache, across restarts.</param>
/// <param name="Shard">The shard that it is of; 0 of an unclustered cache.</param>
/// <param name="Time">How long it may take; rounded up to seconds.</param>
internal sealed record MaintenanceNotice(MaintenanceNoticeKind Kind, long Sequence, int Shard = 0, TimeSpan Time = default) : Notice
{
    /// <inheritdoc/>
    public override bool Concerns(MovingEndpointType? maintenance, NoticeAudience audience) => maintenance is not null;

    /// <inheritdoc/>
    public override bool TryWrite(IBufferWriter<byte> output, in NoticeReader reader)
    {
        if (reader is { Protocol: 3, Maintenance: not null })
        {
            Write(output);
        }

        return true;
    }

    private void Write(IBufferWriter<byte> output)
    {
        var opens = Kind == MaintenanceNoticeKind.FailingOver;
        RespWriter.WritePushHeader(output, opens ? 4 : 3);
        RespWriter.WriteBulk(output, opens ? "FAILING_OVER"u8 : "FAILED_OVER"u8);
        WriteInteger(output, Sequence);
        if (opens)
        {
            WriteInteger(output, (long)Math.Ceiling(Time.TotalSeconds));
        }

        RespWriter.WriteBulk(output, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[\"{Shard}\"]")));
    }

    private static void WriteInteger(IBufferWriter<byte> output, long number) =>
        output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $":{number}\r\n")));
}
