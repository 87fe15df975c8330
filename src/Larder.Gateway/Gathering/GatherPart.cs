using System.Buffers;
using Larder.Gateway.Routing;

namespace Larder.Gateway.Gathering;

/// <summary>One command at one shard, which is a part of what a client has asked for.</summary>
/// <param name="Pieces">The command's bytes.</param>
/// <param name="Slot">The slot of its keys; <c>null</c> where it has none.</param>
/// <param name="Aim">The engine that it is for; of one with keys, where it was sent by another one. <c>null</c> for the shard of its slot.</param>
internal sealed record GatherPart(IReadOnlyList<ReadOnlySequence<byte>> Pieces, int? Slot, EngineAim? Aim = null)
{
    /// <summary>A command is given again so often; a cluster that sends it round and round is told of with the last redirection.</summary>
    private const int MaxRedirections = 16;

    private readonly EngineAim? _ownAim = Aim;
    private int _redirections;

    /// <summary>How many commands are before the one whose reply counts, as those of a transaction are before EXEC. Their replies only tell whether they were refused.</summary>
    public int Lead { get; init; }

    /// <summary>Where it is to go; <c>null</c> for the shard of its slot.</summary>
    public EngineAim? Target { get; private set; } = Aim;

    /// <summary>Whether ASKING is to be said before it.</summary>
    public bool Asks { get; private set; }

    /// <summary>Whether all of it was given to an engine's socket that has not answered it.</summary>
    public bool IsSent { get; set; }

    /// <summary>The last answer; <c>null</c> before there is one.</summary>
    public byte[]? Reply { get; private set; }

    /// <summary>Whether the answer is the last one.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Takes its answer for good.</summary>
    /// <param name="reply">The reply, whole.</param>
    public void Finish(byte[] reply) => (Reply, IsDone) = (reply, true);

    /// <summary>It was not executed, and is to be given again.</summary>
    /// <param name="reply">What the engine says.</param>
    public void Refuse(byte[] reply) => (Reply, IsSent, Target, Asks) = (reply, false, _ownAim, false);

    /// <summary>It was sent elsewhere.</summary>
    /// <param name="reply">The redirection.</param>
    /// <param name="shard">The shard that it leads to.</param>
    /// <param name="asks">Whether that must be asked for it.</param>
    /// <returns>False where that has happened too often.</returns>
    public bool TryRedirect(byte[] reply, int shard, bool asks)
    {
        (Reply, IsSent, Target, Asks) = (reply, false, new EngineAim(null, shard), asks);
        return _redirections++ < MaxRedirections;
    }
}
