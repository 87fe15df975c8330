namespace Larder.Model.Specs;

/// <summary>What happens where a cache that keeps its data finds none of it left on this host.</summary>
public enum RestoreMode
{
    /// <summary>It begins empty and says so; <c>larder restore</c> brings a backup back. Spec word: <c>manual</c>.</summary>
    Manual,

    /// <summary>It begins with the newest good backup. Spec word: <c>automatic</c>.</summary>
    Automatic,
}
