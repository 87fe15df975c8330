namespace Larder.Gateway.Clients;

/// <summary>
/// Gives a client what the gateway knows better than the engine, whose connections are not the clients'. The engine is asked all the same: whether the
/// client may, and whether it has asked rightly, is the engine's to say; its errors go to the client as they are.
/// </summary>
internal interface IReplyEditor
{
    /// <summary>Makes the reply that the client gets.</summary>
    /// <param name="reply">What the engine answered, whole and no error.</param>
    /// <returns>The reply, encoded.</returns>
    byte[] Edit(ReadOnlySpan<byte> reply);
}
