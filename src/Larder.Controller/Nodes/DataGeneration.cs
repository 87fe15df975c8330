namespace Larder.Controller.Nodes;

/// <summary>Which generation of a shard's data a node has.</summary>
/// <param name="Epoch">The epoch that it was last in sync in.</param>
/// <param name="Primary">Whether it was the primary of that epoch: then it may have what no replica has.</param>
internal sealed record DataGeneration(long Epoch, bool Primary)
{
    /// <summary>Whether it may have what the shard's present primary has not.</summary>
    /// <param name="lossySince">The newest epoch that began without the newest generation; 0 where none did.</param>
    /// <returns>False where all that it has is certainly contained in what the primary has.</returns>
    public bool MayHaveMore(long lossySince) => Primary || Epoch < lossySince;
}
