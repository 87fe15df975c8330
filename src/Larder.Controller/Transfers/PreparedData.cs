namespace Larder.Controller.Transfers;

/// <summary>What was made of files that a cache is to get its data from.</summary>
/// <param name="Keys">Keys in it; <c>null</c> where they are not known, since it was not loaded for a trial.</param>
/// <param name="Dropped">Keys that were left out, being of other databases than 0.</param>
internal sealed record PreparedData(long? Keys, long Dropped);
