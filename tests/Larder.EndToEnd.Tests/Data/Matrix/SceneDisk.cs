namespace Larder.EndToEnd.Tests.Data.Matrix;

/// <summary>The file system that a scene's home is on.</summary>
internal enum SceneDisk
{
    /// <summary>The machine's own.</summary>
    Usual,

    /// <summary>A small one that can be filled.</summary>
    Small,

    /// <summary>One with a device of its own, whose power can be cut and whose folders can be frozen.</summary>
    Own,
}
