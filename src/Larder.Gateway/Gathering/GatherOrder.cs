using Larder.Gateway.Commands;

namespace Larder.Gateway.Gathering;

/// <summary>That a command is to be carried out beside the session's own engine connection.</summary>
/// <param name="Known">Which command.</param>
/// <param name="Shard">Where it is for one shard alone: which.</param>
/// <param name="IsSilent">Whether the client wants no reply.</param>
internal sealed record GatherOrder(KnownCommand Known, int? Shard, bool IsSilent);
