using System.Globalization;
using System.Text;
using Larder.Gateway.Commands;
using Larder.Gateway.Routing;
using Larder.Gateway.Sessions;

namespace Larder.Gateway.Clients;

/// <summary>Carries out <c>CLIENT KILL</c> on the cache's real clients, once the engine has found nothing against it.</summary>
/// <param name="cache">The cache.</param>
/// <param name="asker">Who asks.</param>
/// <param name="filter">Whom it means; <c>null</c> for the one at an address.</param>
/// <param name="address">The address of the form that names nothing else.</param>
internal sealed class ClientKillEditor(CacheRuntime cache, GatewaySession asker, ClientFilter? filter, string address) : IReplyEditor
{
    /// <summary>What the engine is asked in its place: it has no client of such an address, but looks at everything else first.</summary>
    public static ReadOnlySpan<byte> NobodysAddress => "0.0.0.0:0"u8;

    /// <inheritdoc/>
    public byte[] Edit(ReadOnlySpan<byte> reply)
    {
        var killed = Kill();
        return filter is not null ? Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $":{killed}\r\n"))
            : killed > 0 ? Replies.Ok.ToArray()
            : Replies.NoSuchClient.ToArray();
    }

    /// <summary>Kills them.</summary>
    /// <returns>How many.</returns>
    public int Kill()
    {
        var killed = 0;
        foreach (var session in cache.Sessions.Where(session => session.IsListed))
        {
            var view = session.View();
            if (filter is null ? view.Remote.ToString() == address : filter.Means(view) && !(filter.SkipsAsker && session == asker))
            {
                session.Kill(itself: session == asker);
                killed++;
            }
        }

        return killed;
    }
}
