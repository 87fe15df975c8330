using System.Text;
using Larder.Gateway.Routing;
using Larder.Gateway.Sessions;

namespace Larder.Gateway.Clients;

/// <summary>Answers <c>CLIENT LIST</c> and <c>CLIENT INFO</c> with the cache's real clients.</summary>
/// <param name="cache">The cache.</param>
/// <param name="asker">Who asks.</param>
/// <param name="filter">Whom it means; <c>null</c> for the asker alone.</param>
/// <param name="queryBytes">The length of the command.</param>
internal sealed class ClientListEditor(CacheRuntime cache, GatewaySession asker, ClientFilter? filter, int queryBytes) : IReplyEditor
{
    /// <inheritdoc/>
    public byte[] Edit(ReadOnlySpan<byte> reply)
    {
        var text = new StringBuilder();
        IEnumerable<GatewaySession> clients = filter is null ? [asker] : cache.Sessions.Where(session => session.IsListed).OrderBy(session => session.Id);
        foreach (var session in clients)
        {
            var view = session.View();
            if (filter?.Means(view) ?? true)
            {
                view.Write(text, session == asker ? queryBytes : 0);
            }
        }

        return ReplyText.Encode(reply[0], text.ToString());
    }
}
