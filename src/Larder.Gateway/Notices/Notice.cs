using System.Buffers;

namespace Larder.Gateway.Notices;

/// <summary>Something that clients are told about their cache, each in the dialect that it asked for.</summary>
internal abstract record Notice
{
    /// <summary>Writes it for a client that is between two replies.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="reader">The client.</param>
    /// <returns>False where it must wait until the client knows of its subscriptions. True also where the client did not ask for it.</returns>
    public abstract bool TryWrite(IBufferWriter<byte> output, in NoticeReader reader);
}
