using System.Buffers.Text;
using Larder.Gateway.Relay;

namespace Larder.Gateway.Clients;

/// <summary>Notes the id that an engine gives a connection which is one client's alone: other commands name the client by it.</summary>
/// <param name="settings">Where it is noted.</param>
internal sealed class ClientIdEditor(SessionSettings settings) : IReplyEditor
{
    /// <inheritdoc/>
    public byte[] Edit(ReadOnlySpan<byte> reply)
    {
        settings.EngineId = Read(reply);
        return reply.ToArray();
    }

    /// <summary>Reads the reply.</summary>
    /// <param name="reply">What the engine answered.</param>
    /// <returns>The id; 0 where it told none.</returns>
    public static long Read(ReadOnlySpan<byte> reply) => reply is [(byte)':', ..] && Utf8Parser.TryParse(reply[1..], out long id, out _) ? id : 0;
}
