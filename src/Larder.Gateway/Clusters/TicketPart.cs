using Larder.Gateway.Commands;

namespace Larder.Gateway.Clusters;

/// <summary>One command at one shard, whose reply belongs to a <see cref="Ticket"/>.</summary>
/// <param name="ticket">The place in the row; <c>null</c> where the reply is nobody's.</param>
/// <param name="index">Which part of it.</param>
/// <param name="command">The command's bytes: it is given again where its shard sends it elsewhere.</param>
/// <param name="shared">Which command it is.</param>
internal sealed class TicketPart(Ticket? ticket, int index, byte[] command, KnownCommand shared)
{
    /// <summary>A command is given again so often; a cluster that sends it round and round is told of with the last redirection.</summary>
    private const int MaxRedirections = 16;

    private int _redirections;

    /// <summary>The place in the row.</summary>
    public Ticket? Ticket => ticket;

    /// <summary>The command's bytes.</summary>
    public byte[] Command => command;

    /// <summary>Which command it is.</summary>
    public KnownCommand Shared => shared;

    /// <summary>Whether it may be given once more.</summary>
    public bool MayRedirect => _redirections++ < MaxRedirections;

    /// <summary>Takes the reply.</summary>
    /// <param name="reply">The reply, whole.</param>
    public void Take(byte[] reply) => ticket?.Take(index, reply);
}
