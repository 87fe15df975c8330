using Larder.Engines.Client;

namespace Larder.Engines.Garnet;

/// <summary>A Garnet node's answer to ROLE.</summary>
/// <param name="Following">The primary it follows, or <c>null</c>.</param>
/// <param name="LinkState">How a replica's link is: <c>connect</c>, <c>sync</c>, <c>connected</c>; empty for a primary.</param>
internal sealed record GarnetRole(ReplicationTarget? Following, string LinkState)
{
    /// <summary>Whether a replica's link is up and its data complete.</summary>
    public bool IsConnected => LinkState == "connected";

    /// <summary>Whether a replica is receiving its first data.</summary>
    public bool IsSyncing => LinkState == "sync";

    /// <summary>Parses it.</summary>
    /// <param name="reply">The answer: <c>master …</c> or <c>slave address port state offset</c>.</param>
    /// <returns>The role.</returns>
    /// <exception cref="EngineException">It is not of that form.</exception>
    public static GarnetRole Parse(Reply reply) => reply.Items switch
    {
        [{ Text: "master" }, ..] => new GarnetRole(null, string.Empty),
        [{ Text: "slave" }, var address, var port, var state, ..] =>
            new GarnetRole(new ReplicationTarget(address.Text, Port(port)), state.Text),
        _ => throw new EngineException(EngineFailure.ProtocolViolation, "A Garnet node described its role in a form that is not known."),
    };

    private static int Port(Reply reply) => reply.Kind == ReplyKind.Integer
        ? (int)reply.Integer
        : int.Parse(reply.Text, System.Globalization.CultureInfo.InvariantCulture);
}
