namespace Larder.EndToEnd.Tests.Data.Matrix;

/// <summary>One accident.</summary>
/// <param name="Name">What happens, for the table.</param>
/// <param name="Strike">Makes it happen to every cache of a scene.</param>
/// <param name="Least">
/// The fewest keys that a cache of a persistence must have afterwards; below zero: nothing starts until that many are restored from the backup.
/// </param>
internal sealed record Accident(string Name, Func<Scene, Task> Strike, Func<string, int> Least)
{
    /// <summary>The file system that the home is on.</summary>
    public SceneDisk Disk { get; init; }

    /// <summary>Whether backups go to Azurite over a network that can be disturbed.</summary>
    public bool FarStorage { get; init; }

    /// <summary>What every cache of these persistences must be told; a part of a message.</summary>
    public Func<string, string?> Told { get; init; } = _ => null;
}
