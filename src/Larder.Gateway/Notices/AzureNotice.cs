using System.Buffers;

namespace Larder.Gateway.Notices;

/// <summary>A message on the <see cref="AzureEvents.Channel"/>.</summary>
/// <param name="Type">What happens.</param>
/// <param name="StartTime">When, where the type tells it.</param>
internal sealed record AzureNotice(AzureEventType Type, DateTimeOffset? StartTime = null) : Notice
{
    /// <inheritdoc/>
    public override bool Concerns(MovingEndpointType? maintenance, NoticeAudience audience) => !audience.IsEmpty;

    /// <inheritdoc/>
    public override bool TryWrite(IBufferWriter<byte> output, in NoticeReader reader)
    {
        if (reader.Audience.IsEmpty)
        {
            return true;
        }

        if (!reader.CanHear)
        {
            return false;
        }

        AzureEvents.WriteMessages(output, AzureEvents.Format(Type, StartTime, reader), reader);
        return true;
    }
}
