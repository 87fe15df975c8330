using System.Buffers;

namespace Larder.Gateway.Notices;

/// <summary>Something that clients are told about their cache, each in the dialect that it asked for.</summary>
internal abstract record Notice
{
    /// <summary>Whether a client asked for such notices.</summary>
    /// <param name="maintenance">What it asked for with <c>CLIENT MAINT_NOTIFICATIONS ON</c>; <c>null</c> where it did not.</param>
    /// <param name="audience">How it would hear the channel.</param>
    public abstract bool Concerns(MovingEndpointType? maintenance, NoticeAudience audience);

    /// <summary>Writes it for a client that is between two replies.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="reader">The client.</param>
    /// <returns>False where it must wait until the client knows of its subscriptions. True also where the client did not ask for it.</returns>
    public abstract bool TryWrite(IBufferWriter<byte> output, in NoticeReader reader);
}
