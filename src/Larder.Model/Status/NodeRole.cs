namespace Larder.Model.Status;

/// <summary>What a node is in its shard.</summary>
public enum NodeRole
{
    /// <summary>Takes the writes.</summary>
    Primary,

    /// <summary>Follows the primary.</summary>
    Replica,
}
