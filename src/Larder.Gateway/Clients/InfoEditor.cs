using System.Globalization;
using Larder.Gateway.Routing;

namespace Larder.Gateway.Clients;

/// <summary>Puts the cache's own number of clients, and of clients that it may have, into <c>INFO</c>: the engine counts connections of the gateway.</summary>
/// <param name="cache">The cache.</param>
internal sealed class InfoEditor(CacheRuntime cache) : IReplyEditor
{
    private const string Connected = "connected_clients:";
    private const string Most = "maxclients:";

    /// <inheritdoc/>
    public byte[] Edit(ReadOnlySpan<byte> reply)
    {
        if (ReplyText.Read(reply) is not { } text)
        {
            return reply.ToArray();
        }

        var edited = Put(Put(text, Connected, cache.SessionCount), Most, cache.Route.MaxClients);
        return ReferenceEquals(edited, text) ? reply.ToArray() : ReplyText.Encode(reply[0], edited);
    }

    private static string Put(string text, string field, int value)
    {
        var start = text.StartsWith(field, StringComparison.Ordinal) ? 0 : text.IndexOf("\n" + field, StringComparison.Ordinal) + 1;
        if (start == 0 && !text.StartsWith(field, StringComparison.Ordinal))
        {
            return text;
        }

        var number = start + field.Length;
        var end = text.IndexOf('\r', number);
        return string.Concat(text.AsSpan(0, number), value.ToString(CultureInfo.InvariantCulture), end < 0 ? "" : text.AsSpan(end));
    }
}
