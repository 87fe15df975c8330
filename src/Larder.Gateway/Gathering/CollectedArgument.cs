using System.Buffers;

namespace Larder.Gateway.Gathering;

/// <summary>One argument of a <see cref="CollectedCommand"/>, where its bytes lie.</summary>
/// <param name="Encoded">As it came: length, bytes, line end.</param>
/// <param name="HeadLength">How many bytes are before its own.</param>
/// <param name="Length">How many bytes it has itself.</param>
internal readonly record struct CollectedArgument(ReadOnlySequence<byte> Encoded, int HeadLength, int Length)
{
    /// <summary>Its own bytes.</summary>
    public ReadOnlySequence<byte> Value => Encoded.Slice(HeadLength, Length);
}
